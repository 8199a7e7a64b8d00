using System.IO.Compression;
using System.Net;
using System.Text;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Pipeline;

/// <summary>Answers of a route with <c>Compress</c>.</summary>
public sealed class CompressionTests(CompressionGateway gateway) : IClassFixture<CompressionGateway>
{
    private const string Wsgi =
        """
        import gzip, os, time

        BODY = b"snake " * 200

        def app(environ, start_response):
            path = environ["PATH_INFO"]
            headers = [("Content-Type", "text/plain"), ("ETag", '"v1"')]
            status, body = "200 OK", BODY
            if path == "/short":
                body = b"short"
            elif path == "/image":
                headers = [("Content-Type", "image/png")]
            elif path == "/encoded":
                body = gzip.compress(BODY)
                headers += [("Content-Encoding", "gzip")]
            elif path == "/part":
                status, body = "206 Partial Content", BODY[:600]
                headers += [("Content-Range", "bytes 0-599/1200")]
            elif path == "/untouched":
                headers += [("Cache-Control", "public, no-transform")]
            elif path == "/events":
                headers = [("Content-Type", "text/event-stream")]
            elif environ.get("HTTP_IF_NONE_MATCH", "").removeprefix("W/") == '"v1"':
                start_response("304 Not Modified", [("ETag", '"v1"')])
                return []
            if path == "/stream":
                start_response(status, headers)
                return stream()
            headers += [("Content-Length", str(len(body)))]
            start_response(status, headers)
            return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

        def stream():
            for name in ("one", "two"):
                yield (name + " ").encode() * 100
                while not os.path.exists(name):
                    time.sleep(0.005)
        """;

    [Theory]
    [InlineData("gzip", "gzip")]
    [InlineData("br, gzip;q=0.5", "br")]
    [InlineData("br;q=0, gzip", "gzip")]
    [InlineData("identity", null)]
    [InlineData("zstd", null)]
    [InlineData(null, null)]
    [Conforms(Standard.Http, "RFC 9110, 12.5.3", "with Compress an answer is in a coding that the client accepts; Vary names Accept-Encoding either way")]
    public async Task TheClientChoosesTheCoding(string? accepted, string? coding)
    {
        using var response = await AskAsync("/", accepted);

        Assert.Equal(coding is null ? [] : [coding], response.Values("Content-Encoding"));
        Assert.Equal(["Accept-Encoding"], response.Values("Vary"));
        Assert.Equal(coding is null ? "\"v1\"" : "W/\"v1\"", Assert.Single(response.Values("ETag")));
        Assert.Equal(Expected, await DecodedAsync(response));
        if (coding is not null)
            Assert.NotEqual(1200, response.Content.Headers.ContentLength);
    }

    [Theory]
    [InlineData("/short", 5)]
    [InlineData("/image", 1200)]
    [InlineData("/part", 600)]
    [InlineData("/untouched", 1200)]
    [InlineData("/events", 1200)]
    [Conforms(Standard.Http, "RFC 9111, 5.2.2.6", "an answer with no-transform is not compressed; neither are parts, short, binary or already encoded ones")]
    public async Task WhatIsNotToBeChanged_IsNot(string path, int length)
    {
        using var response = await AskAsync(path, "gzip");

        Assert.Empty(response.Values("Content-Encoding"));
        Assert.Equal(length, response.Content.Headers.ContentLength);
        Assert.All(response.Values("ETag"), tag => Assert.Equal("\"v1\"", tag));
        Assert.Equal(length, (await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).Length);
    }

    [Fact]
    public async Task WhatTheAppHasEncoded_IsNotEncodedAgain()
    {
        using var response = await AskAsync("/encoded", "br, gzip");

        Assert.Equal(["gzip"], response.Values("Content-Encoding"));
        Assert.Equal("\"v1\"", Assert.Single(response.Values("ETag")));
        Assert.Equal(Expected, await DecodedAsync(response));
    }

    [Fact]
    [Conforms(Standard.Http, "RFC 9110, 9.3.2", "HEAD has the head of the compressed GET, without the length of the other form")]
    public async Task Head_IsTheHeadOfTheCompressedGet()
    {
        using var response = await gateway.Client.SendAsync(HttpMethod.Head, Tenant().Url("/"), null, ("Accept-Encoding", "gzip"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(["gzip"], response.Values("Content-Encoding"));
        Assert.Equal(["Accept-Encoding"], response.Values("Vary"));
        Assert.Equal("W/\"v1\"", Assert.Single(response.Values("ETag")));
        Assert.NotEqual(1200, response.Content.Headers.ContentLength);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/static/site.css")]
    [Conforms(Standard.Http, "RFC 9110, 13.1.2", "If-None-Match compares weakly: the tag of a compressed answer is answered 304")]
    public async Task TheTagOfACompressedAnswer_Is304(string path)
    {
        var tenant = Tenant().Write("public/site.css", new string('x', 1000));
        using var first = await gateway.Client.SendAsync(HttpMethod.Get, tenant.Url(path), null, ("Accept-Encoding", "gzip"));
        var tag = Assert.Single(first.Values("ETag"));
        Assert.StartsWith("W/", tag, StringComparison.Ordinal);
        Assert.Empty(first.Values("Accept-Ranges"));

        using var second = await gateway.Client.SendAsync(HttpMethod.Get, tenant.Url(path), null, ("Accept-Encoding", "gzip"), ("If-None-Match", tag));
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        Assert.Equal(tag, Assert.Single(second.Values("ETag")));
        Assert.Empty(second.Values("Content-Encoding"));
    }

    [Fact]
    public async Task ARangeOfAStaticFile_IsOfTheFileItself()
    {
        var tenant = Tenant().Write("public/site.css", new string('x', 1000));
        using var part = await gateway.Client.SendAsync(HttpMethod.Get, tenant.Url("/static/site.css"), null, ("Accept-Encoding", "gzip"), ("Range", "bytes=0-599"));

        Assert.Empty(part.Values("Content-Encoding"));
        Assert.Equal(new string('x', 600), await part.TextAsync(HttpStatusCode.PartialContent));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [Conforms(Standard.Gateway, "Compression", "each block that an app streams reaches the client when it is given, compressed or not")]
    public async Task EachBlockOfAStream_ArrivesWhenItIsGiven(string coding)
    {
        var tenant = Tenant();
        using var request = new HttpRequestMessage(HttpMethod.Get, tenant.Url("/stream"));
        request.Headers.AcceptEncoding.ParseAdd(coding);
        using var response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal([coding], response.Values("Content-Encoding"));
        await using var body = await DecoderAsync(response);

        // The app goes on only when the test has seen what it gave before.
        foreach (var name in new[] { "one", "two" })
        {
            var block = new byte[400];
            await body.ReadExactlyAsync(block, TestContext.Current.CancellationToken);
            Assert.Equal(string.Concat(Enumerable.Repeat(name + " ", 100)), Encoding.ASCII.GetString(block));
            tenant.Write(name, "");
        }

        Assert.Equal(0, await body.ReadAsync(new byte[1], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task WithoutTheKey_NothingIsCompressed()
    {
        var tenant = Tenant();
        using var response = await gateway.Client.SendAsync(HttpMethod.Get, new Uri($"http://{tenant.Name}.plain/"), null, ("Accept-Encoding", "gzip"));
        Assert.Empty(response.Values("Content-Encoding"));
        Assert.Empty(response.Values("Vary"));
        Assert.Equal(Expected, await response.TextAsync(HttpStatusCode.OK));
    }

    private static string Expected => string.Concat(Enumerable.Repeat("snake ", 200));

    private Tenant Tenant() => gateway.Tenants.AddUnique("app", ("main.py", Wsgi));

    private Task<HttpResponseMessage> AskAsync(string path, string? accepted) =>
        gateway.Client.SendAsync(HttpMethod.Get, Tenant().Url(path), null, accepted is null ? [] : [("Accept-Encoding", accepted)]);

    private static async Task<Stream> DecoderAsync(HttpResponseMessage response)
    {
        var stream = await response.Content.ReadAsStreamAsync();
        return response.Values("Content-Encoding") switch
        {
            ["gzip"] => new GZipStream(stream, CompressionMode.Decompress),
            ["br"] => new BrotliStream(stream, CompressionMode.Decompress),
            _ => stream,
        };
    }

    private static async Task<string> DecodedAsync(HttpResponseMessage response)
    {
        using var reader = new StreamReader(await DecoderAsync(response));
        return await reader.ReadToEndAsync();
    }
}
