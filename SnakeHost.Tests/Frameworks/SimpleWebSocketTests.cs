using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>simple-websocket in a Flask app, by itself and within Flask-Sock's kind of decorator.</summary>
public sealed class SimpleWebSocketTests(SharedGateways gateways)
{
    private const string App =
        """
        import functools, threading
        import simple_websocket
        from flask import Flask, Response, request

        app = Flask(__name__)
        seen = []


        class Answered(Response):
            def __call__(self, environ, start_response):
                raise ConnectionError


        def websocket(path):
            def decorate(function):
                @app.route(path, websocket=True, endpoint=function.__name__)
                def view():
                    server = simple_websocket.Server(request.environ, subprotocols=["chat"], ping_interval=25)
                    try:
                        function(server)
                    except simple_websocket.ConnectionClosed as closed:
                        seen.append(str(int(closed.reason)))
                    try:
                        server.close()
                    except simple_websocket.ConnectionClosed:
                        pass
                    return Answered()
                return view
            return decorate


        @websocket("/echo")
        def echo(server):
            while True:
                server.send(server.receive())


        @websocket("/twice")
        def twice(server):
            server.send(f"{server.receive()} by {server.subprotocol}")
            server.send(bytes(1_000_000))


        @app.route("/plain", websocket=True)
        def plain():
            server = simple_websocket.Server.accept(request.environ)
            server.send(server.receive(timeout=60))
            return ""


        @app.get("/seen")
        def show():
            return ",".join(seen)


        @app.get("/threads")
        def threads():
            return ",".join(thread.name for thread in threading.enumerate() if "simple_websocket" in thread.name)
        """;

    public static TheoryData<string> WithSimpleWebSocket => InstalledPythons.WithModule("flask, simple_websocket");

    [Theory, MemberData(nameof(WithSimpleWebSocket))]
    [Conforms(Standard.Gateway, "Frameworks", "simple-websocket (Flask-Sock): an app on threads accepts WebSockets, sends and receives, and is told of the close")]
    public async Task AnEcho_TextAndBytesAndTheClose(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);

        using (var socket = await ConnectAsync(app, "/echo"))
        {
            await socket.SendAsync("one");
            Assert.Equal("one", await socket.TextAsync());
            await socket.SendAsync(new byte[500_000]);
            Assert.Equal(500_000, (await socket.BytesAsync()).Length);
            await socket.CloseAsync(4001, "done");
            Assert.Equal(4001, (int)socket.Socket.CloseStatus!);
        }

        using (var socket = await ConnectAsync(app, "/twice"))
        {
            await socket.SendAsync("hello");
            Assert.Equal("hello by chat", await socket.TextAsync());
            Assert.Equal(1_000_000, (await socket.BytesAsync()).Length);
            Assert.Equal(1000, (await socket.ClosedAsync()).Code);
        }

        using (var socket = await ConnectAsync(app, "/plain"))
        {
            await socket.SendAsync("hello");
            Assert.Equal("hello", await socket.TextAsync());
        }

        // One that breaks off.
        using (var socket = await ConnectAsync(app, "/echo"))
        {
            await socket.SendAsync("one");
            Assert.Equal("one", await socket.TextAsync());
        }

        await Eventually.Async(async () => Assert.Equal("4001,1005", await app.TextAsync("/seen")));
        await Eventually.Async(async () => Assert.Equal("", await app.TextAsync("/threads")));
    }

    private static Task<SocketClient> ConnectAsync(ServedApp app, string path) =>
        SocketClient.ConnectAsync(app.Gateway.Process, app.Tenant.Url(path), options => options.AddSubProtocol("chat"));
}
