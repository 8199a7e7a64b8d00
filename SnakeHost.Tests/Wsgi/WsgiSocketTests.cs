using System.Net;
using System.Text;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Wsgi;

/// <summary>WebSockets of WSGI apps: the socket in the environ, as libraries use it that speak the protocol themselves.</summary>
public sealed class WsgiSocketTests(SharedGateways gateways)
{
    private const string App =
        """
        import base64, hashlib, struct, threading

        KEY = "werkzeug.socket"
        seen, kept, go = [], [], threading.Event()

        def accept(environ, more=b""):
            key = environ["HTTP_SEC_WEBSOCKET_KEY"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
            answer = base64.b64encode(hashlib.sha1(key.encode()).digest())
            sock = environ[KEY]
            sock.sendall(b"HTTP/1.1 101 \r\nUpgrade: WebSocket\r\nConn")
            sock.sendall(b"ection: Upgrade\r\nX-Own: yes\r\nSec-WebSocket-Accept: " + answer + b"\r\n\r\n" + more)
            return sock

        def frame(data, code=0x82):
            length = bytes([len(data)]) if len(data) < 126 else b"\x7f" + struct.pack("!Q", len(data))
            return bytes([code]) + length + data

        def exactly(sock, count):
            data = b""
            while len(data) < count:
                part = sock.recv(count - len(data))
                if not part:
                    raise EOFError
                data += part
            return data

        def receive(sock):
            code, length = exactly(sock, 2)
            length &= 0x7f
            if length == 126: length, = struct.unpack("!H", exactly(sock, 2))
            if length == 127: length, = struct.unpack("!Q", exactly(sock, 8))
            mask = exactly(sock, 4)
            data = exactly(sock, length)
            return code & 15, bytes(value ^ mask[index % 4] for index, value in enumerate(data)) if length < 126 else data

        def answer(start_response, text, status="200 OK"):
            start_response(status, [("Content-Type", "text/plain")])
            return [text.encode()]

        def app(environ, start_response):
            path = environ["PATH_INFO"]
            if path == "/echo":
                sock = accept(environ, frame(b"welcome", 0x81))
                try:
                    while True:
                        code, data = receive(sock)
                        if code == 8:
                            sock.sendall(frame(data, 0x88))
                            break
                        sock.sendall(frame(data, 0x80 | code))
                except (EOFError, OSError) as error:
                    seen.append(type(error).__name__)
                seen.append("left")
                sock.close()
                return answer(start_response, "nobody reads this")
            if path == "/count":
                sock = accept(environ)
                sock.sendall(frame(str(len(receive(sock)[1])).encode(), 0x81))
                sock.sendall(frame(bytes(4_000_000)))
                receive(sock)
                sock.close()
                raise ConnectionError
            if path == "/keeps":
                kept.append(accept(environ, frame(b"last", 0x81)))
                raise StopIteration
            if path == "/raises":
                accept(environ)
                raise LookupError("behind the handshake")
            if path == "/refuses":
                raise LookupError("before it")
            if path == "/nonsense":
                environ[KEY].sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                return [environ[KEY].recv(1)]
            if path == "/late":
                answer(start_response, "")
                try:
                    environ[KEY].sendall(b"HTTP/1.1 101 \r\n\r\n")
                    return [b"sent"]
                except OSError:
                    return [b"answered, " + environ[KEY].recv(1)]
            return answer(start_response, f"{KEY in environ} {','.join(seen)} VERSION")
        """;

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.Gateway, "WebSockets", "a WSGI app may take the connection over by the socket in its environ, as under Werkzeug: its own handshake, frames in both directions, its own close")]
    public async Task AnApp_SpeaksToItsClientItself(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);

        using (var socket = await SocketClient.ConnectAsync(app.Gateway.Process, app.Tenant.Url("/echo")))
        {
            Assert.Equal("yes", Assert.Single(socket.Socket.HttpResponseHeaders!["X-Own"]));
            Assert.Equal("Upgrade", Assert.Single(socket.Socket.HttpResponseHeaders["Connection"]));
            Assert.Equal("welcome", await socket.TextAsync());
            foreach (var text in new[] { "one", "two" })
            {
                await socket.SendAsync(text);
                Assert.Equal(text, await socket.TextAsync());
            }

            await socket.CloseAsync(4001, "done");
            Assert.Equal((4001, "done"), ((int)socket.Socket.CloseStatus!, socket.Socket.CloseStatusDescription));
        }

        using (var socket = await SocketClient.ConnectAsync(app.Gateway.Process, app.Tenant.Url("/count")))
        {
            await socket.SendAsync(new byte[3_000_000]);
            Assert.Equal("3000000", await socket.TextAsync());
            Assert.Equal(4_000_000, (await socket.BytesAsync()).Length);
            await socket.SendAsync("enough");
        }

        await Eventually.Async(async () => Assert.Equal("False left VERSION", await app.TextAsync()));
    }

    [Fact]
    public async Task AnAppThatAnswersAsEver_GetsNoSocketLater()
    {
        var app = await ServedApp.OfAsync(gateways, InstalledPythons.Default, App);

        using var plain = await RawSocket.ConnectAsync(app.Gateway.Process, app.Tenant, "/");
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", plain.Handshake, StringComparison.Ordinal);
        using var late = await app.GetAsync("/late", ("Connection", "Upgrade"), ("Upgrade", "websocket"));
        Assert.Equal("answered, ", await late.TextAsync(HttpStatusCode.OK));

        // Not for another protocol, nor without the connection's option.
        Assert.StartsWith("False", (await app.RawAsync("/", "Connection: Upgrade\r\nUpgrade: h2c\r\n")).Body, StringComparison.Ordinal);
        Assert.StartsWith("False", (await app.RawAsync("/", "Upgrade: websocket\r\n")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnAppThatFails_IsReported()
    {
        var app = await ServedApp.OfAsync(gateways, InstalledPythons.Default, App);

        using var refused = await RawSocket.ConnectAsync(app.Gateway.Process, app.Tenant, "/refuses");
        Assert.StartsWith("HTTP/1.1 500", refused.Handshake, StringComparison.Ordinal);
        using var nonsense = await RawSocket.ConnectAsync(app.Gateway.Process, app.Tenant, "/nonsense");
        Assert.StartsWith("HTTP/1.1 500", nonsense.Handshake, StringComparison.Ordinal);
        await app.Gateway.Process.Output.WaitForLineAsync("The app has written 'HTTP/1.1 400 Bad Request' to the socket of its environ");

        using var raised = await RawSocket.ConnectAsync(app.Gateway.Process, app.Tenant, "/raises");
        Assert.StartsWith("HTTP/1.1 101", raised.Handshake, StringComparison.Ordinal);
        Assert.Equal("", await raised.ToEndAsync());
        await app.Gateway.Process.Output.WaitForLineAsync($"{app.Tenant.Name} stderr: LookupError: behind the handshake");
    }

    [Fact]
    public async Task ASocketThatTheAppKeeps_EndsSoonAfterItsReturn()
    {
        var app = await ServedApp.OfAsync(gateways, InstalledPythons.Default, App);

        using var socket = await RawSocket.ConnectAsync(app.Gateway.Process, app.Tenant, "/keeps");
        Assert.Equal("last", Encoding.ASCII.GetString((await socket.FrameAsync()).Payload));
        Assert.Equal("", await socket.ToEndAsync());
        Assert.DoesNotContain(app.Gateway.Process.Output.All, line => line.Contains($"{app.Tenant.Name} stderr", StringComparison.Ordinal));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task AClientThatLeaves_EndsTheAppsReading_AndItsThreadAnswersOthers(bool isReset)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = tenants.Root, Arguments = ["--threads", "1"] });
        var tenant = tenants.Add("single", ("main.py", App));

        using (var socket = await RawSocket.ConnectAsync(gateway, tenant, "/echo"))
        {
            Assert.Equal("welcome", Encoding.ASCII.GetString((await socket.FrameAsync()).Payload));
            // It waits for the only thread.
            var waiting = gateway.Client.TextAsync(tenant.Url("/"));
            await socket.SendAsync("still there");
            Assert.Equal("still there", Encoding.ASCII.GetString((await socket.FrameAsync()).Payload));
            Assert.False(waiting.IsCompleted);
            if (isReset)
                socket.Reset();
            else
                socket.Dispose();
            Assert.Equal("False EOFError,left VERSION", await waiting);
        }

        await gateway.StopAsync();
    }

    [Fact]
    [Conforms(Standard.Gateway, "WebSockets", "a WebSocket of a WSGI app stays with the code that has accepted it, and ends with the grace of a reload")]
    public async Task AReload_EndsASocketAfterTheGrace()
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = tenants.Root, Arguments = ["--SnakeHost:Reload:Grace=1s"] });
        var tenant = tenants.Add("reloaded", ("main.py", App));
        using var socket = await RawSocket.ConnectAsync(gateway, tenant, "/echo");
        await socket.FrameAsync();

        tenant.Write("main.py", App.Replace("VERSION", "NEW", StringComparison.Ordinal));

        Assert.Equal("False  NEW", await gateway.Client.TextAsync(tenant.Url("/")));
        Assert.Equal("", await socket.ToEndAsync());
        await gateway.StopAsync();
    }

    [Fact]
    public async Task TheGatewaysEnd_EndsASocketAtOnce()
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = tenants.Root, Arguments = ["--SnakeHost:Reload:Grace=10m"] });
        var tenant = tenants.Add("stopped", ("main.py", App));
        using var socket = await RawSocket.ConnectAsync(gateway, tenant, "/echo");
        await socket.FrameAsync();

        var stopping = gateway.StopAsync();

        Assert.Equal("", await socket.ToEndAsync());
        await stopping;
    }
}
