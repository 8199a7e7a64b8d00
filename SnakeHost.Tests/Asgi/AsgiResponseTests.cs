using System.Net;
using System.Net.Sockets;
using System.Text;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Asgi;

/// <summary>What an ASGI app may answer, and what it learns of the client.</summary>
public sealed class AsgiResponseTests(SharedGateways gateways)
{
    private const string Plain =
        """
        async def text(send, body, status=200, headers=()):
            await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain"), *headers]})
            await send({"type": "http.response.body", "body": body.encode() if isinstance(body, str) else body})

        """;

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiHttp, "Response Body - send event", "Each part is sent before the next is made")]
    public async Task EachPartOfAStream_IsSentBeforeTheNextIsMade(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            Plain +
            """
            import asyncio

            go_on = asyncio.Event()

            async def app(scope, receive, send):
                if scope["type"] != "http":
                    raise NotImplementedError
                if scope["path"] == "/go-on":
                    go_on.set()
                    return await text(send, "gone on")
                await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
                await send({"type": "http.response.body", "body": b"first\n", "more_body": True})
                await asyncio.wait_for(go_on.wait(), 30)
                await send({"type": "http.response.body", "body": b"second\n", "more_body": False})
            """);

        using var response = await app.Client.GetAsync(app.Tenant.Url("/"), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        Assert.Equal("first", await reader.ReadLineAsync(TestContext.Current.CancellationToken));
        Assert.Equal("gone on", await app.TextAsync("/go-on"));
        Assert.Equal("second", await reader.ReadLineAsync(TestContext.Current.CancellationToken));
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiHttp, "Response Start - send event", "Headers keep their order and their repetitions, byte for byte")]
    public async Task RepeatedHeaders_AreSentAsRepeated(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            Plain +
            """
            async def app(scope, receive, send):
                if scope["type"] != "http":
                    raise NotImplementedError
                await text(send, "ok", 299, [(b"set-cookie", b"a=1"), (b"x-latin", b"\xfc"), (b"set-cookie", b"b=2"), (b"content-length", b"2")])
            """);

        var response = await app.RawAsync("/");

        Assert.Equal((299, "ok"), (response.Status, response.Body));
        Assert.Equal(["a=1", "b=2"], response.Headers.Where(header => header.StartsWith("set-cookie:", StringComparison.OrdinalIgnoreCase)).Select(header => header[12..]));
        Assert.Contains(response.Headers, header => header.Equals("x-latin: \u00fc", StringComparison.OrdinalIgnoreCase));
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiHttp, "Response Start - send event", "headers, body and more_body are optional")]
    public async Task MessagesWithoutTheirOptionalKeys_AreComplete(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            async def app(scope, receive, send):
                if scope["type"] != "http":
                    raise NotImplementedError
                await send({"type": "http.response.start", "status": 202})
                await send({"type": "http.response.body"})
            """);

        using var response = await app.GetAsync();
        Assert.Equal("", await response.TextAsync(HttpStatusCode.Accepted));
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task AnswersThatMayHaveNoBody_HaveNone(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            Plain +
            """
            async def app(scope, receive, send):
                if scope["type"] != "http":
                    raise NotImplementedError
                status = {"/204": 204, "/304": 304}.get(scope["path"], 200)
                await text(send, b"hello" if status == 200 else b"", status, [(b"content-length", b"5"), (b"x-method", scope["method"].encode())] if status == 200 else [])
            """);

        foreach (var (target, status) in new[] { ("/204", 204), ("/304", 304) })
        {
            var response = await app.RawAsync(target);
            Assert.Equal((status, ""), (response.Status, response.Body));
            Assert.DoesNotContain(response.Headers, header => header.StartsWith("Transfer-Encoding", StringComparison.OrdinalIgnoreCase));
        }

        using var head = await app.SendAsync(HttpMethod.Head, "/");
        Assert.Equal(5, head.Content.Headers.ContentLength);
        Assert.Equal(["HEAD"], head.Values("x-method"));
        Assert.Equal("hello", await app.TextAsync());
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiHttp, "Disconnect - receive event", "A client that leaves during the response is http.disconnect")]
    public async Task AClientThatGoesAway_IsReportedAsDisconnect(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            Plain +
            """
            seen = []

            async def app(scope, receive, send):
                if scope["type"] != "http":
                    raise NotImplementedError
                if scope["path"] == "/seen":
                    return await text(send, " ".join(seen))
                await receive()
                await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
                await send({"type": "http.response.body", "body": b"hello", "more_body": True})
                seen.append((await receive())["type"])
            """);

        using (var client = new TcpClient())
        {
            await client.ConnectAsync(app.Gateway.Process.Address, TestContext.Current.CancellationToken);
            await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes($"GET / HTTP/1.1\r\nHost: {app.Tenant.Host}\r\n\r\n"), TestContext.Current.CancellationToken);
            // The answer has begun once anything arrives; only then does the client leave.
            Assert.NotEqual(0, await client.GetStream().ReadAsync(new byte[1], TestContext.Current.CancellationToken));
        }

        await Eventually.Async(async () => Assert.Equal("http.disconnect", await app.TextAsync("/seen")));
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task AFactory_MayMakeAnAsgiApp(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            Plain +
            """
            calls = []

            class Application:
                async def __call__(self, scope, receive, send):
                    if scope["type"] != "http":
                        raise NotImplementedError
                    await text(send, f"made {len(calls)}")

            def create_app():
                calls.append(1)
                return Application()
            """);

        for (var time = 0; time < 3; time++)
        {
            using var response = await app.Client.SendAsync(HttpMethod.Get, new($"http://{SharedGateway.FactoryHost}/"), null, (SharedGateway.TenantHeader, app.Tenant.Name));
            Assert.Equal("made 1", await response.TextAsync(HttpStatusCode.OK));
        }
    }
}
