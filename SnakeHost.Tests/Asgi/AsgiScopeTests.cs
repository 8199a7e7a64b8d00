using System.Text.Json;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Asgi;

/// <summary>What the request line and the header fields become in a scope, byte for byte.</summary>
public sealed class AsgiScopeTests(SharedGateways gateways)
{
    private const string App =
        AsgiApps.ByPath +
        """
        import json

        def plain(value):
            if isinstance(value, bytes):
                return "b:" + value.decode("latin-1")
            if isinstance(value, (list, tuple)):
                return [plain(item) for item in value]
            return {key: plain(item) for key, item in value.items()} if isinstance(value, dict) else value

        async def app(scope, receive, send):
            if scope["type"] != "http":
                raise NotImplementedError
            await text(send, json.dumps(plain(scope)))
        """;

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiHttp, "HTTP Connection Scope", "http_version is 1.0 or 1.1 as the request says")]
    [Conforms(Standard.Http, "RFC 9112, 9.3", "A connection of HTTP/1.0 is closed after the answer, unless the client asks to keep it")]
    public async Task HttpVersion_IsTheRequests(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);

        var old = await RawRequest.SendAsync(app.Gateway.Process.Address, $"GET / HTTP/1.0\r\nHost: {app.Tenant.Host}\r\n\r\n");
        Assert.Equal("1.0", Scope(old).GetProperty("http_version").GetString());
        Assert.DoesNotContain(old.Headers, header => header.StartsWith("Transfer-Encoding", StringComparison.OrdinalIgnoreCase));
        Assert.Equal("1.1", Scope(await app.RawAsync("/")).GetProperty("http_version").GetString());
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiHttp, "HTTP Connection Scope", "path is percent-decoded and decoded as UTF-8; raw_path and query_string are the bytes of the request line")]
    public async Task ThePath_IsDecoded_AndItsBytesAreKept(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);

        var scope = Scope(await app.RawAsync("/a%2Fb/%E2%82%AC%20%25?q=%2F&%C3%BC"));
        Assert.Equal("/a/b/\u20ac %", scope.GetProperty("path").GetString());
        Assert.Equal("b:/a%2Fb/%E2%82%AC%20%25", scope.GetProperty("raw_path").GetString());
        Assert.Equal("b:q=%2F&%C3%BC", scope.GetProperty("query_string").GetString());

        // Bytes that are no UTF-8 do not stop a request.
        Assert.Equal("/\ufffd", Scope(await app.RawAsync("/%FF")).GetProperty("path").GetString());
        Assert.Equal("b:", Scope(await app.RawAsync("/?")).GetProperty("query_string").GetString());
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiHttp, "HTTP Connection Scope", "method is the request's, in upper case")]
    public async Task TheMethod_MayBeAny(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);

        foreach (var method in new[] { "GET", "OPTIONS", "PATCH", "DELETE", "PROPFIND" })
        {
            var answer = await RawRequest.SendAsync(app.Gateway.Process.Address, $"{method} / HTTP/1.1\r\nHost: {app.Tenant.Host}\r\nConnection: close\r\n\r\n");
            Assert.Equal(method, Scope(answer).GetProperty("method").GetString());
        }
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiHttp, "HTTP Connection Scope", "Header values are the bytes of the request, repeated fields stay apart in their order, names are lower-cased")]
    public async Task Headers_AreTheBytesOfTheRequest(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);

        var scope = Scope(await app.RawAsync("/", "X-Latin: \u00fc\u00ff\r\nX-Twice: a, b\r\nx-other: 1\r\nX-TWICE: c\r\nCookie: a=1; b=2\r\nX-Empty:\r\n"));
        var headers = scope.GetProperty("headers").EnumerateArray().Select(pair => (pair[0].GetString(), pair[1].GetString())).ToList();
        Assert.Contains(("b:x-latin", "b:\u00fc\u00ff"), headers);
        Assert.Contains(("b:x-empty", "b:"), headers);
        Assert.Contains(("b:cookie", "b:a=1; b=2"), headers);
        Assert.Equal(["b:a, b", "b:c"], headers.Where(header => header.Item1 == "b:x-twice").Select(header => header.Item2));
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiExtensions, "Extensions", "Only what the server can do is announced: no push, no early hints, no debug, trailers only where the client takes them")]
    public async Task Extensions_AreThoseThatWork(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);

        var scope = Scope(await app.RawAsync("/", "TE: trailers\r\n"));
        Assert.Equal(["http.response.pathsend", "http.response.zerocopysend"], scope.GetProperty("extensions").EnumerateObject().Select(extension => extension.Name));
    }

    private static JsonElement Scope(RawResponse response)
    {
        Assert.True(response.Status == 200, response.Text);
        return JsonDocument.Parse(response.Body).RootElement;
    }
}
