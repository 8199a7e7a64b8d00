using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Routing;

namespace SnakeHost.Tests.Routing;

public sealed class PlaceholderTests
{
    [Theory]
    [InlineData("host", "app1.example.com")]
    [InlineData("hostport", "app1.example.com:9080")]
    [InlineData("port", "9080")]
    [InlineData("host.labels.0", "com")]
    [InlineData("host.labels.1", "example")]
    [InlineData("host.labels.2", "app1")]
    [InlineData("host.labels.3", "")]
    [InlineData("scheme", "http")]
    [InlineData("method", "GET")]
    [InlineData("uri", "/a/b%20c/d.html?x=1&y=a%2Fb")]
    [InlineData("uri.path", "/a/b c/d.html")]
    [InlineData("uri.path.0", "a")]
    [InlineData("uri.path.1", "b c")]
    [InlineData("uri.path.2", "d.html")]
    [InlineData("uri.path.3", "")]
    [InlineData("uri.path.dir", "/a/b c/")]
    [InlineData("uri.path.file", "d.html")]
    [InlineData("uri.query.x", "1")]
    [InlineData("uri.query.y", "a/b")]
    [InlineData("uri.query.z", "")]
    [InlineData("header.x-tenant", "Blue")]
    [InlineData("header.X-TENANT", "Blue")]
    [InlineData("header.X-Twice", "1,2")]
    [InlineData("header.X-None", "")]
    [InlineData("cookie.branch", "main")]
    [InlineData("cookie.quoted", "q")]
    [InlineData("cookie.bran", "")]
    [InlineData("remote.host", "192.0.2.1")]
    public void EachHasItsValue(string name, string value)
    {
        var context = Requests.Get(
            "App1.Example.COM:9080", "/a/b c/d.html", "?x=1&y=a%2Fb",
            ("X-Tenant", "Blue"), ("X-Twice", "1"), ("X-Twice", "2"), ("Cookie", "other=1; branch=main;quoted=\"q\""));
        context.Connection.RemoteIpAddress = IPAddress.Parse("::ffff:192.0.2.1");
        Assert.Equal(value, Value(context, name));
    }

    [Fact]
    public void Uri_IsTheTargetAsSent()
    {
        var context = Requests.Get("h", "/decoded");
        context.Features.Get<IHttpRequestFeature>()!.RawTarget = "/%64ecoded?q";
        Assert.Equal("/%64ecoded?q", Value(context, "uri"));
    }

    [Fact]
    public void Path_HasThePathBaseInFront()
    {
        var context = Requests.Get("h", "/b");
        context.Request.PathBase = "/a";
        Assert.Equal(("/a/b", "a"), (Value(context, "uri.path"), Value(context, "uri.path.0")));
    }

    [Fact]
    public void WithoutAPortInTheHost_ThePortIsTheSchemes()
    {
        var context = Requests.Get("h");
        Assert.Equal("80", Value(context, "port"));
        context.Request.Scheme = "https";
        Assert.Equal(("443", "h"), (Value(context, "port"), Value(context, "hostport")));
    }

    [Fact]
    public void AQueryParameterGivenTwice_HasBothValues() => Assert.Equal("a,b", Value(Requests.Get("h", "/", "?x=a&x=b"), "uri.query.x"));

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("[2001:db8::1]")]
    [InlineData("1.2.3.4")]
    public void AnAddress_HasNoLabels(string host) => Assert.Equal("", Value(Requests.Get(host), "host.labels.0"));

    [Fact]
    public void AValueThatDoesNotFit_IsNotWritten()
    {
        Assert.True(Placeholder.TryParse("http.request.header.x", out var placeholder));
        var values = new RequestValues(Requests.Get("h", "/", "", ("x", "12345")).Request, "h", -1);
        Assert.False(values.TryWrite(placeholder, new char[4], out _));
        Assert.True(values.TryWrite(placeholder, new char[5], out var written));
        Assert.Equal(5, written);
    }

    [Theory]
    [InlineData("http.request.hosts")]
    [InlineData("http.request.host.labels.")]
    [InlineData("http.request.host.labels.-1")]
    [InlineData("http.request.host.labels.x")]
    [InlineData("http.request.host.labels.256")]
    [InlineData("http.request.header.")]
    [InlineData("HTTP.request.host")]
    [InlineData("host")]
    [InlineData("")]
    public void OtherNamesAreNone(string name) => Assert.False(Placeholder.TryParse(name, out _));

    [Theory]
    [InlineData("http.request.host.labels.12")]
    [InlineData("http.request.uri.path.dir")]
    [InlineData("http.request.uri.path.3")]
    [InlineData("http.request.cookie.Some_Name")]
    public void ItsTextIsWhatWasParsed(string name)
    {
        Assert.True(Placeholder.TryParse(name, out var placeholder));
        Assert.Equal($"{{{name}}}", placeholder.ToString());
    }

    private static string Value(HttpContext context, string name)
    {
        Assert.True(Placeholder.TryParse("http.request." + name, out var placeholder));
        Span<char> host = stackalloc char[HostName.MaximumLength];
        var length = HostName.Normalize(context.Request.Host.Value, host, out var port);
        Span<char> value = stackalloc char[100];
        Assert.True(new RequestValues(context.Request, host[..length], port).TryWrite(placeholder, value, out var written));
        return value[..written].ToString();
    }
}
