using System.Net;
using System.Text.Json;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Asgi;

/// <summary>ASGI over HTTP/2 without TLS ("prior knowledge"), on a listener of its own.</summary>
public sealed class Http2Tests
{
    private const string App =
        AsgiApps.ByPath +
        """
        import json

        gate = asyncio.Event()

        async def scope(scope, receive, send):
            names = [name.decode() for name, _ in scope["headers"]]
            values = {name.decode(): value.decode() for name, value in scope["headers"]}
            await text(send, json.dumps([scope["http_version"], scope["scheme"], values.get("host"), values.get("cookie"), [name for name in names if name.startswith(":")], sorted(scope["extensions"])]), headers=[(b"connection", b"close")])

        async def slow(scope, receive, send):
            await gate.wait()
            await text(send, "slow")

        async def opened(scope, receive, send):
            gate.set()
            await text(send, "opened")

        async def echo(scope, receive, send):
            body, more = b"", True
            while more:
                message = await receive()
                body, more = body + message["body"], message["more_body"]
            await text(send, body)

        async def trailers(scope, receive, send):
            await start(send, (b"trailer", b"x-sum"), trailers=True)
            await part(send, b"abc")
            await part(send, b"def", more=False)
            try:
                await part(send, b"ghi")
            except RuntimeError:
                seen.append("refused")
            await send({"type": "http.response.trailers", "headers": [(b"x-sum", b"6")], "more_trailers": True})
            await send({"type": "http.response.trailers", "headers": [(b"x-more", b"7")]})

        async def wait(scope, receive, send):
            await receive()
            await start(send)
            await part(send, b"begun")
            seen.append((await receive())["type"])

        async def socket(scope, receive, send):
            await receive()
            await send({"type": "websocket.accept"})
            message = await receive()
            await send({"type": "websocket.send", "text": scope["http_version"] + scope["scheme"] + message["text"]})
            seen.append((await receive())["code"])
        """;

    [Fact]
    [Conforms(Standard.Http, "RFC 9113, 5.2", "Uploads that wait for an app's thread do not take the connection's window from the one that has it")]
    public async Task ManyUploads_OnOneConnection_AllEnd()
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = tenants.Root, Listen = "h2c://127.0.0.1:0", Arguments = ["--threads", "1"] });
        var tenant = tenants.Add("uploads", ("main.py",
            """
            def app(environ, start_response):
                length = len(environ["wsgi.input"].read())
                start_response("200 OK", [("Content-Type", "text/plain")])
                return [str(length).encode()]
            """));
        const int Size = 2_000_000;

        var uploads = Enumerable.Range(0, 16).Select(async _ =>
        {
            using var request = Request(HttpMethod.Post, tenant, "/", new ByteArrayContent(new byte[Size]));
            using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
            return await response.TextAsync(HttpStatusCode.OK);
        });

        Assert.All(await Task.WhenAll(uploads).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken), length => Assert.Equal($"{Size}", length));
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiHttp, "HTTP Connection Scope", "http_version is 2 on HTTP/2; pseudo header fields are removed, :authority is host")]
    [Conforms(Standard.Http, "RFC 9113, 8.2.3", "Cookie fields that a client has split are joined by a semicolon and a space")]
    [Conforms(Standard.Http, "RFC 9113, 5", "Streams of one connection are answered independently of each other")]
    [Conforms(Standard.AsgiExtensions, "HTTP Trailers", "Announced where the client takes them; sent after the last part of the body, in several messages if the app likes")]
    [Conforms(Standard.AsgiExtensions, "HTTP Trailers", "A client that has not asked for trailers gets the response without them")]
    [Conforms(Standard.AsgiHttp, "Disconnect - receive event", "A reset stream is http.disconnect")]
    [Conforms(Standard.WebSocket, "RFC 8441", "A WebSocket may be a stream of HTTP/2")]
    public async Task Http2_IsLikeHttp1_ButForWhatItAdds(string python)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root, Listen = "h2c://127.0.0.1:0" });
        var tenant = tenants.Add("two", ("main.py", App));
        using var http1 = Loopback.ClientFor(gateway.Address, gateway.Describe);
        var client = gateway.Client;
        client.DefaultRequestVersion = HttpVersion.Version20;
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;

        await ScopeAsync(client, tenant);
        await StreamsAsync(client, tenant);
        await TrailersAsync(client, tenant);
        await ResetAsync(client, tenant);
        await SocketAsync(gateway, client, tenant);
        if (PythonProcess.IsInstalled("h2load"))
            await LoadAsync(gateway, tenant);
        using var old = await http1.GetAsync(tenant.Url("/"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, old.StatusCode);
        await gateway.StopAsync();
    }

    private static async Task ScopeAsync(HttpClient client, Tenant tenant)
    {
        using var request = Request(HttpMethod.Get, tenant, "/scope");
        request.Headers.Add("TE", "trailers");
        request.Headers.Add("Cookie", "a=1");
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        var scope = JsonDocument.Parse(await response.TextAsync(HttpStatusCode.OK)).RootElement;
        Assert.Equal(HttpVersion.Version20, response.Version);
        // There is no such field in HTTP/2.
        Assert.Empty(response.Headers.Connection);
        Assert.Equal(
            $"""["2", "http", "{tenant.Host}", "a=1", [], ["http.response.pathsend", "http.response.trailers", "http.response.zerocopysend"]]""",
            scope.GetRawText());
    }

    private static async Task StreamsAsync(HttpClient client, Tenant tenant)
    {
        var slow = client.TextAsync(tenant.Url("/slow"));
        Assert.Equal("opened", await client.TextAsync(tenant.Url("/opened")));
        Assert.Equal("slow", await slow);
        using var posted = await client.SendAsync(Request(HttpMethod.Post, tenant, "/echo", new StringContent(new string('y', 300_000))), TestContext.Current.CancellationToken);
        Assert.Equal(new string('y', 300_000), await posted.TextAsync(HttpStatusCode.OK));
    }

    private static async Task TrailersAsync(HttpClient client, Tenant tenant)
    {
        using var request = Request(HttpMethod.Get, tenant, "/trailers");
        request.Headers.Add("TE", "trailers");
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal("abcdef", await response.TextAsync(HttpStatusCode.OK));
        Assert.Equal(["6"], response.TrailingHeaders.GetValues("x-sum"));
        Assert.Equal(["7"], response.TrailingHeaders.GetValues("x-more"));
        using var without = await client.SendAsync(Request(HttpMethod.Get, tenant, "/trailers"), TestContext.Current.CancellationToken);
        Assert.Equal("abcdef", await without.TextAsync(HttpStatusCode.OK));
        Assert.Empty(without.TrailingHeaders);
        Assert.Equal("refused|refused", await client.TextAsync(tenant.Url("/seen")));
    }

    private static async Task ResetAsync(HttpClient client, Tenant tenant)
    {
        using (var response = await client.SendAsync(Request(HttpMethod.Get, tenant, "/wait"), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken))
            Assert.NotEqual(0, await (await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken)).ReadAsync(new byte[5], TestContext.Current.CancellationToken));
        await Eventually.Async(async () => Assert.Equal("refused|refused|http.disconnect", await client.TextAsync(tenant.Url("/seen"))));
    }

    private static async Task SocketAsync(GatewayProcess gateway, HttpClient client, Tenant tenant)
    {
        using var socket = await SocketClient.ConnectAsync(gateway, tenant.Url("/socket"), options =>
        {
            options.HttpVersion = HttpVersion.Version20;
            options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        });
        await socket.SendAsync("hello");
        Assert.Equal("2wshello", await socket.TextAsync());
        await socket.CloseAsync(4001, "");
        await Eventually.Async(async () => Assert.Equal("refused|refused|http.disconnect|4001", await client.TextAsync(tenant.Url("/seen"))));
    }

    /// <summary>Another implementation's client: nghttp2's, with many streams on few connections, and split cookies.</summary>
    private static async Task LoadAsync(GatewayProcess gateway, Tenant tenant)
    {
        var report = await PythonProcess.ProgramAsync("h2load", "-n", "500", "-c", "4", "-m", "20", "-H", $":authority: {tenant.Host}", $"http://{gateway.Address}/opened");
        Assert.Contains("500 succeeded, 0 failed", report, StringComparison.Ordinal);
        if (PythonProcess.IsInstalled("nghttp"))
            Assert.Contains("\"a=1; b=2\"", await PythonProcess.ProgramAsync("nghttp", "-H", $":authority: {tenant.Host}", "-H", "cookie: a=1", "-H", "cookie: b=2", $"http://{gateway.Address}/scope"), StringComparison.Ordinal);
    }

    private static HttpRequestMessage Request(HttpMethod method, Tenant tenant, string path, HttpContent? content = null) =>
        new(method, tenant.Url(path)) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = content };
}
