using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>Falcon's ASGI half: start-up of a middleware, events, a WebSocket, and a media handler of the app's.</summary>
public sealed class FalconPairTests(SharedGateways gateways)
{
    private const string App =
        """
        import asyncio

        import falcon
        import falcon.asgi
        import falcon.media

        import version
        from identity import NAME


        class Shout(falcon.media.BaseHandler):
            def serialize(self, media, content_type):
                return f"{media}!".encode()

            def deserialize(self, stream, content_type, content_length):
                return stream.read().decode().upper()


        class Owner:
            async def process_startup(self, scope, event):
                self.owner = NAME

            async def process_request(self, request, response):
                request.context.owner = self.owner

            async def process_request_ws(self, request, socket):
                request.context.owner = self.owner


        class Version:
            async def on_get(self, request, response):
                response.content_type = "text/plain"
                response.text = version.tell()


        class Loud:
            async def on_post(self, request, response):
                response.content_type = "text/shout"
                response.media = f"{request.context.owner} {await request.get_media()}"


        class Events:
            async def on_get(self, request, response):
                async def send():
                    for number in range(2):
                        yield falcon.asgi.SSEvent(text=f"{NAME} {number}", event="tick")

                response.sse = send()


        class Talk:
            async def on_websocket(self, request, socket, room):
                await socket.accept()
                while True:
                    try:
                        await socket.send_text(f"{request.context.owner} {room} {await socket.receive_text()}")
                    except falcon.WebSocketDisconnected:
                        return


        app = falcon.asgi.App(middleware=[Owner()])
        for handlers in (app.req_options.media_handlers, app.resp_options.media_handlers):
            handlers["text/shout"] = Shout()
        app.add_route("/version", Version())
        app.add_route("/loud", Loud())
        app.add_route("/events", Events())
        app.add_route("/talk/{room}", Talk())
        """;

    public static TheoryData<string> Interpreters => InstalledPythons.WithModule("falcon.asgi");

    [Theory, MemberData(nameof(Interpreters))]
    [Framework("Falcon", "falcon")]
    public async Task MiddlewareEventsMediaAndSockets_AreEachTenantsOwn_AfterASaveToo(string python)
    {
        var pair = await SavedPair.OfAsync(gateways, python, App);

        await SavedPair.UseAsync(pair, async (tenant, name) =>
        {
            using (var loud = await pair.Client.PostAsync(tenant.Url("/loud"), new StringContent("hey", System.Text.Encoding.UTF8, "text/shout")))
                Assert.Equal($"{name} HEY!", await loud.TextAsync(System.Net.HttpStatusCode.OK));
            Assert.Equal($"event: tick\ndata: {name} 0\n\nevent: tick\ndata: {name} 1\n\n", await pair.TextAsync(tenant, "/events"));
            using var socket = await SocketClient.ConnectAsync(pair.Gateway.Process, tenant.Url("/talk/den"));
            await socket.SendAsync("hello");
            Assert.Equal($"{name} den hello", await socket.TextAsync());
            await socket.CloseAsync(1000, "");
        });
    }
}
