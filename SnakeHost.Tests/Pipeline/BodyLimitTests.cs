using System.Net;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Pipeline;

/// <summary>How much a client may send.</summary>
public sealed class BodyLimitTests(LimitGateway gateway) : IClassFixture<LimitGateway>
{
    private const string Wsgi =
        """
        seen = []

        def app(environ, start_response):
            path = environ["PATH_INFO"]
            if path == "/seen":
                body = " ".join(seen)
            else:
                seen.append(path)
                try:
                    body = str(len(environ["wsgi.input"].read()))
                except OSError as error:
                    if path == "/careless":
                        raise
                    body = "OSError"
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [body.encode()]
        """;

    private const string Asgi =
        """
        seen = []

        async def app(scope, receive, send):
            if scope["type"] != "http":
                raise RuntimeError(scope["type"])
            path = scope["path"]
            if path == "/seen":
                body = " ".join(seen)
            else:
                seen.append(path)
                length, more = 0, True
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return
                    length += len(message["body"])
                    more = message["more_body"]
                body = str(length)
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": body.encode()})
        """;

    [Theory]
    [InlineData("wsgi")]
    [InlineData("asgi")]
    [Conforms(Standard.Http, "RFC 9110, 15.5.14", "a body that is announced as larger than allowed is answered 413 before an app sees the request, and the connection is closed")]
    public async Task ALengthBeyondTheLimit_Is413_BeforeTheAppIsAsked(string kind)
    {
        var name = NewTenant(kind);
        using var refused = await PostAsync($"{name}.localhost", "/big", new ByteArrayContent(new byte[65537]));
        Assert.Contains("MaxRequestBodySize", await refused.TextAsync(HttpStatusCode.RequestEntityTooLarge), StringComparison.Ordinal);
        Assert.True(refused.Headers.ConnectionClose);
        using var taken = await PostAsync($"{name}.localhost", "/fits", new ByteArrayContent(new byte[65536]));
        Assert.Equal("65536", await taken.TextAsync(HttpStatusCode.OK));
        Assert.Equal("/fits", await gateway.Client.TextAsync(new Uri($"http://{name}.localhost/seen")));
    }

    [Theory]
    [InlineData("wsgi")]
    [InlineData("asgi")]
    public async Task ARoutesOwnLimit_GoesBeforeTheCommonOne(string kind)
    {
        var name = NewTenant(kind);
        using var small = await PostAsync($"{name}.small", "/", new ByteArrayContent(new byte[101]));
        await small.TextAsync(HttpStatusCode.RequestEntityTooLarge);
        using var any = await PostAsync($"{name}.any", "/", new ByteArrayContent(new byte[32 << 20]));
        Assert.Equal($"{32 << 20}", await any.TextAsync(HttpStatusCode.OK));
    }

    [Fact]
    [Conforms(Standard.Gateway, "Limits", "a body of unknown length that grows past the limit is an OSError to a WSGI app and a disconnect to an ASGI app, and 413 to the client unless the app answers")]
    public async Task AStreamThatGrowsPastTheLimit_EndsTheAppsReading()
    {
        var (wsgi, asgi) = (NewTenant("wsgi") + ".localhost", NewTenant("asgi") + ".localhost");
        using var caught = await PostAsync(wsgi, "/careful", Chunked(70_000));
        Assert.Equal("OSError", await caught.TextAsync(HttpStatusCode.OK));
        using var raised = await PostAsync(wsgi, "/careless", Chunked(70_000));
        await raised.TextAsync(HttpStatusCode.RequestEntityTooLarge);
        using var gone = await PostAsync(asgi, "/", Chunked(70_000));
        await gone.TextAsync(HttpStatusCode.RequestEntityTooLarge);
        using var fits = await PostAsync(asgi, "/", Chunked(65_000));
        Assert.Equal("65000", await fits.TextAsync(HttpStatusCode.OK));
    }

    [Fact]
    public async Task TheHeadsLimits_AreTheConfigured()
    {
        var (address, host) = (gateway.Process.Address, NewTenant("wsgi") + ".localhost");
        Assert.Equal(200, (await RawRequest.GetAsync(address, "/seen", host, "X-A: " + new string('a', 1500) + "\r\n")).Status);
        Assert.Equal(431, (await RawRequest.GetAsync(address, "/seen", host, "X-A: " + new string('a', 2500) + "\r\n")).Status);
        Assert.Equal(200, (await RawRequest.GetAsync(address, "/seen", host, Headers(8))).Status);
        Assert.Equal(431, (await RawRequest.GetAsync(address, "/seen", host, Headers(9))).Status);
        Assert.Equal(200, (await RawRequest.GetAsync(address, "/seen?" + new string('a', 400), host)).Status);
        Assert.Equal(414, (await RawRequest.GetAsync(address, "/seen?" + new string('a', 600), host)).Status);
    }

    private string NewTenant(string kind) => gateway.Tenants.AddUnique(kind, ("main.py", kind == "wsgi" ? Wsgi : Asgi)).Name;

    private static string Headers(int count) => string.Concat(Enumerable.Range(0, count).Select(number => $"X-{number}: a\r\n"));

    private static StreamContent Chunked(int length)
    {
        var content = new StreamContent(new MemoryStream(new byte[length]));
        content.Headers.ContentLength = null;
        return content;
    }

    private Task<HttpResponseMessage> PostAsync(string host, string path, HttpContent content)
    {
        // Asked first, a client does not write into a connection that is closed while it does.
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"http://{host}{path}")) { Content = content };
        request.Headers.ExpectContinue = true;
        request.Headers.TransferEncodingChunked = content is StreamContent;
        return gateway.Client.SendAsync(request);
    }
}
