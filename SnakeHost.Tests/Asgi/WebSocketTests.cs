using System.Net;
using System.Net.WebSockets;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Asgi;

/// <summary>ASGI HTTP and WebSocket 2.5, the WebSocket part.</summary>
public sealed class WebSocketTests(SharedGateways gateways)
{
    /// <summary>What the app does is chosen by the path; what it has seen is shown at <c>/seen</c>.</summary>
    private const string App =
        """
        import asyncio, json

        seen = []

        async def app(scope, receive, send):
            if scope["type"] == "http":
                await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
                return await send({"type": "http.response.body", "body": f"{VERSION}{'|'.join(map(str, seen))}".encode()})
            if scope["type"] != "websocket":
                raise NotImplementedError
            assert await receive() == {"type": "websocket.connect"}
            await globals()[scope["path"][1:]](scope, receive, send)

        VERSION = ""

        async def echo(scope, receive, send):
            await send({"type": "websocket.accept"})
            while True:
                message = await receive()
                if message["type"] == "websocket.disconnect":
                    return seen.append(f"{message['code']} {message['reason']}")
                await send({**message, "type": "websocket.send"})

        async def scope(scope, receive, send):
            await send({"type": "websocket.accept", "subprotocol": scope["subprotocols"][1], "headers": [(b"x-one", b"1"), [b"x-two", b"2"]]})
            keys = ["type", "asgi", "scheme", "http_version", "path", "root_path", "subprotocols", "extensions", "state"]
            values = {key: scope[key] for key in keys if key in scope}
            values["raw"] = [scope["raw_path"].decode(), scope["query_string"].decode()]
            values["custom"] = [value.decode() for name, value in scope["headers"] if name == b"x-custom"]
            values["ports"] = [type(scope[end][1]).__name__ for end in ("client", "server")]
            values["method"] = "method" in scope
            await send({"type": "websocket.send", "text": json.dumps(values)})

        async def reject(scope, receive, send):
            await send({"type": "websocket.close"})
            seen.append((await receive())["type"])

        async def answer(scope, receive, send):
            await send({"type": "websocket.http.response.start", "status": 418, "headers": [(b"x-why", b"tea")]})
            await send({"type": "websocket.http.response.body", "body": b"short ", "more_body": True})
            await send({"type": "websocket.http.response.body", "body": b"and stout"})

        async def close(scope, receive, send):
            await send({"type": "websocket.accept"})
            for code in (1006, 999):
                try:
                    await send({"type": "websocket.close", "code": code})
                except ValueError:
                    seen.append(f"not {code}")
            await send({"type": "websocket.close", "code": 3001, "reason": "enough"})
            try:
                await send({"type": "websocket.send", "text": "more"})
            except OSError as error:
                seen.append(type(error).__name__)
                assert isinstance(error, RuntimeError)

        async def early(scope, receive, send):
            raise LookupError("before the accept")

        async def late(scope, receive, send):
            await send({"type": "websocket.accept"})
            raise LookupError("after the accept")

        async def quiet(scope, receive, send):
            pass

        async def leave(scope, receive, send):
            await send({"type": "websocket.accept"})

        async def header(scope, receive, send):
            try:
                await send({"type": "websocket.accept", "headers": [(b"sec-websocket-protocol", b"one")]})
            except ValueError:
                seen.append("refused")
            await send({"type": "websocket.accept"})
            try:
                await send({"type": "websocket.accept"})
            except RuntimeError as error:
                seen.append(error.args[0])
            for message in ({}, {"text": None, "bytes": None}):
                try:
                    await send({"type": "websocket.send", **message})
                except ValueError:
                    seen.append("nothing")
            await send({"type": "websocket.send", "bytes": None, "text": "text"})

        async def patient(scope, receive, send):
            await send({"type": "websocket.accept"})
            for _ in range(3):
                try:
                    await asyncio.wait_for(receive(), 0.001)
                except asyncio.TimeoutError:
                    seen.append("timeout")
            given_up, waiting = asyncio.ensure_future(receive()), asyncio.ensure_future(receive())
            await asyncio.sleep(0)
            given_up.cancel()
            await asyncio.wait([given_up])
            await send({"type": "websocket.send", "text": "now"})
            messages = [await waiting, *[await receive() for _ in range(79)]]
            await send({"type": "websocket.send", "text": str(sum(len(message["bytes"]) for message in messages))})

        async def talk(scope, receive, send):
            await send({"type": "websocket.accept"})
            try:
                while True:
                    await send({"type": "websocket.send", "bytes": bytes(100_000)})
            except OSError as error:
                seen.append(type(error).__name__)
        """;

    private const string Upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

    private static readonly string[] s_shortGrace = ["--SnakeHost:Reload:Grace=1s"];

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiWebSocket, "Receive - receive event", "Exactly one of bytes and text is there; messages come whole and in order")]
    [Conforms(Standard.AsgiWebSocket, "Send - send event", "bytes or text is sent as a binary or a text message")]
    [Conforms(Standard.AsgiWebSocket, "Disconnect - receive event", "The client's close is websocket.disconnect with its code and reason")]
    public async Task Messages_ArriveWholeAndInOrder_TextAsTextAndBytesAsBytes(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);
        using var client = await ConnectAsync(app, "/echo");
        var large = new byte[1024 * 1024];
        Random.Shared.NextBytes(large);

        await client.SendAsync("grüße \U0001F40D");
        await client.SendAsync("");
        Assert.Equal("grüße \U0001F40D", await client.TextAsync());
        Assert.Equal("", await client.TextAsync());
        await client.SendAsync(large);
        Assert.Equal(large, await client.BytesAsync());
        await client.SendAsync([1, 2], isLast: false);
        await client.SendAsync([3]);
        Assert.Equal([1, 2, 3], await client.BytesAsync());
        for (var number = 0; number < 100; number++)
            await client.SendAsync($"{number}");
        for (var number = 0; number < 100; number++)
            Assert.Equal($"{number}", await client.TextAsync());

        await client.CloseAsync(4000, "done");
        Assert.Equal(4000, (int)client.Socket.CloseStatus!);
        await SeenAsync(app, "4000 done");
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiWebSocket, "Websocket Connection Scope", "The scope has type, scheme ws, http_version, path, raw_path, query_string, root_path, headers, client, server and the subprotocols that the client offers")]
    [Conforms(Standard.AsgiWebSocket, "Accept - send event", "The handshake is answered with the subprotocol and the headers of the app")]
    [Conforms(Standard.AsgiExtensions, "Websocket Denial Response", "websocket.http.response is announced")]
    public async Task TheScopeAndTheHandshake_SayWhatIsAskedAndAnswered(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);
        using var client = await ConnectAsync(app, "/scope?a=%20b", options =>
        {
            options.AddSubProtocol("one");
            options.AddSubProtocol("two");
            options.SetRequestHeader("X-Custom", "yes");
        });

        Assert.Equal("two", client.Socket.SubProtocol);
        Assert.Equal(["1"], client.Socket.HttpResponseHeaders!["x-one"]);
        Assert.Equal(["2"], client.Socket.HttpResponseHeaders!["x-two"]);
        Assert.Equal(
            """{"type": "websocket", "asgi": {"version": "3.0", "spec_version": "2.5"}, "scheme": "ws", "http_version": "1.1", "path": "/scope", "root_path": "", "subprotocols": ["one", "two"], "extensions": {"websocket.http.response": {}}, "raw": ["/scope", "a=%20b"], "custom": ["yes"], "ports": ["int", "int"], "method": false}""",
            await client.TextAsync());
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiWebSocket, "Close - send event", "Before the accept it is a 403 without a handshake")]
    [Conforms(Standard.AsgiExtensions, "Websocket Denial Response", "The app may answer with a response of its own, in several parts")]
    [Conforms(Standard.AsgiWebSocket, "Connect - receive event", "An app that raises or returns before it has answered is a 500")]
    public async Task BeforeTheAccept_TheAppMayAnswerAsHttp(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);

        var rejected = await app.RawAsync("/reject", Upgrade);
        Assert.Equal((403, ""), (rejected.Status, rejected.Body));
        await SeenAsync(app, "websocket.disconnect");
        var answered = await app.RawAsync("/answer", Upgrade);
        Assert.Equal(418, answered.Status);
        Assert.Contains("short ", answered.Body, StringComparison.Ordinal);
        Assert.Contains("and stout", answered.Body, StringComparison.Ordinal);
        Assert.Contains("x-why: tea", answered.Headers, StringComparer.OrdinalIgnoreCase);
        var raised = await app.RawAsync("/early", Upgrade);
        Assert.Equal(500, raised.Status);
        Assert.Contains("before the accept", raised.Body, StringComparison.Ordinal);
        Assert.Equal(500, (await app.RawAsync("/quiet", Upgrade)).Status);
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiWebSocket, "Close - send event", "After the accept it closes with its code and reason, 1000 without; a code that may not be sent is refused")]
    [Conforms(Standard.AsgiWebSocket, "Disconnected Client - send exception", "send after the app's own close raises an OSError")]
    [Conforms(Standard.WebSocket, "RFC 6455, 7.4.1", "An app that raises closes with 1011, one that returns with 1000")]
    public async Task HowTheAppEnds_DecidesTheCodeOfTheClose(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);

        using var closing = await ConnectAsync(app, "/close");
        Assert.Equal((3001, "enough"), await closing.ClosedAsync());
        await SeenAsync(app, "not 1006|not 999|SocketClosed");
        using var raising = await ConnectAsync(app, "/late");
        Assert.Equal(1011, (await raising.ClosedAsync()).Code);
        await app.Gateway.Process.Output.WaitForAsync(line => line.Contains("after the accept", StringComparison.Ordinal), "the traceback", TimeSpan.FromSeconds(30));
        using var leaving = await ConnectAsync(app, "/leave");
        Assert.Equal(1000, (await leaving.ClosedAsync()).Code);
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiWebSocket, "Accept - send event", "A header sec-websocket-protocol is refused: the key subprotocol is for that; so is a second accept")]
    [Conforms(Standard.AsgiWebSocket, "Send - send event", "A message with neither bytes nor text is refused; the other key may be None")]
    public async Task MessagesThatMakeNoSense_AreRefused_AndTheSocketLivesOn(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);

        using var client = await ConnectAsync(app, "/header");
        Assert.Equal("text", await client.TextAsync());
        Assert.Equal(1000, (await client.ClosedAsync()).Code);
        await SeenAsync(app, "refused|unexpected ASGI message 'websocket.accept': the socket is open|nothing|nothing");
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiWebSocket, "Disconnect - receive event", "A connection that breaks is websocket.disconnect with 1006")]
    [Conforms(Standard.AsgiWebSocket, "Disconnected Client - send exception", "send to a client that is gone raises an OSError")]
    public async Task AClientThatVanishes_IsADisconnect_ToReceiverAndSender(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);
        using (var listening = await ConnectAsync(app, "/echo"))
        {
            await listening.SendAsync("there");
            Assert.Equal("there", await listening.TextAsync());
            listening.Socket.Abort();
        }

        await SeenAsync(app, "1006 ");
        using (var talking = await ConnectAsync(app, "/talk"))
        {
            Assert.Equal(100_000, (await talking.BytesAsync()).Length);
            talking.Socket.Abort();
        }

        await SeenAsync(app, "1006 |ClientDisconnected");
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiWebSocket, "WebSocket", "A receive that is cancelled loses no message; a client that sends more than the app takes is held up")]
    public async Task AReceiveThatIsCancelled_LosesNothing_AndReadingGoesOnAfterAPause(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);
        using var client = await ConnectAsync(app, "/patient");
        Assert.Equal("now", await client.TextAsync());
        // More than is read ahead, in bytes and in number.
        for (var number = 0; number < 80; number++)
            await client.SendAsync(new byte[number < 40 ? 50_000 : 1]);
        Assert.Equal("2000040", await client.TextAsync());
        Assert.Equal(1000, (await client.ClosedAsync()).Code);
        await SeenAsync(app, "timeout|timeout|timeout");
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task ToAWsgiApp_AnUpgradeIsARequestLikeOthers(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            def app(environ, start_response):
                start_response("200 OK", [("Content-Type", "text/plain")])
                return [environ["HTTP_UPGRADE"].encode()]
            """);

        var response = await app.RawAsync("/", Upgrade);
        Assert.Equal((200, "websocket"), (response.Status, response.Body));
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.WebSocket, "RFC 6455, 7.4.1", "A message beyond the limit ends the connection with 1009")]
    public async Task AMessageBeyondTheLimit_EndsTheConnectionWith1009(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);
        using var client = await ConnectAsync(app, "/echo");
        await client.SendAsync(new byte[16 * 1024 * 1024], isLast: false);
        await client.SendAsync(new byte[1]);

        Assert.Equal(1009, (await client.ClosedAsync()).Code);
        await SeenAsync(app, "1009 ");
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.Gateway, "WebSockets", "A reload leaves an open socket to the code that accepted it, and closes it with 1012 after the grace period")]
    public async Task AfterAReload_NewRequestsSeeTheNewCode_AndAnOpenSocketEndsWith1012(string python)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root, Arguments = s_shortGrace });
        var tenant = tenants.Add("one", ("main.py", App));
        using var client = await SocketClient.ConnectAsync(gateway, tenant.Url("/echo"));
        await client.SendAsync("before");
        Assert.Equal("before", await client.TextAsync());
        tenant.Write("main.py", App.Replace("VERSION = \"\"", "VERSION = \"second\"", StringComparison.Ordinal));
        var loaded = (await gateway.Admin!.FindAsync(tenant.Directory))!.Value;

        using var reload = await gateway.Admin.Client.PostAsync(new Uri($"http://localhost/api/tenants/{loaded.GetProperty("id").GetString()}/reload"), null, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, reload.StatusCode);
        Assert.Equal("second", await gateway.Client.TextAsync(tenant.Url("/")));
        Assert.Equal(1012, (await client.ClosedAsync()).Code);
        await gateway.StopAsync();
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.Gateway, "WebSockets", "The end of the gateway closes open sockets with 1012 at once")]
    public async Task OnSigterm_OpenSocketsEndWith1012_AtOnce(string python)
    {
        using var tenants = new TenantFolder();
        // A grace of the length of this test's patience: it must not be what ends the socket.
        await using var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root, Arguments = ["--SnakeHost:Reload:Grace=10m"] });
        var tenant = tenants.Add("one", ("main.py", App.Replace("seen.append(f\"", "open('seen.txt', 'w').write(f\"", StringComparison.Ordinal)));
        using var client = await SocketClient.ConnectAsync(gateway, tenant.Url("/echo"));
        await client.SendAsync("before");
        Assert.Equal("before", await client.TextAsync());

        var stop = gateway.StopAsync();
        Assert.Equal(1012, (await client.ClosedAsync()).Code);
        await stop;
        Assert.Equal("1012 ", await File.ReadAllTextAsync(Path.Combine(tenant.Directory, "seen.txt"), TestContext.Current.CancellationToken));
    }

    private static Task<SocketClient> ConnectAsync(ServedApp app, string path, Action<ClientWebSocketOptions>? configure = null) =>
        SocketClient.ConnectAsync(app.Gateway.Process, app.Tenant.Url(path), configure);

    private static Task SeenAsync(ServedApp app, string expected) =>
        Eventually.Async(async () => Assert.Equal(expected, await app.TextAsync("/seen")));
}
