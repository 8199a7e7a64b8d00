using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>python-socketio: rooms of one name in two tenants, whose members never meet, around another ASGI app.</summary>
public sealed class SocketIoPairTests(SharedGateways gateways)
{
    private const string App =
        """
        import inspect

        import socketio
        from starlette.applications import Starlette
        from starlette.responses import PlainTextResponse
        from starlette.routing import Route

        import version
        from identity import NAME

        sio = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")
        app = socketio.ASGIApp(sio, Starlette(routes=[Route("/version", lambda request: PlainTextResponse(version.tell()))]))


        class Den(socketio.AsyncNamespace):
            async def on_connect(self, sid, environ, auth=None):
                entering = self.enter_room(sid, "den")
                if inspect.isawaitable(entering):  # since 5.10
                    await entering

            async def on_say(self, sid, text):
                await self.emit("said", f"{NAME} {text}", room="den")
                return NAME


        sio.register_namespace(Den("/"))
        """;

    public static TheoryData<string> Interpreters => InstalledPythons.WithModule("socketio, starlette");

    [Theory, MemberData(nameof(Interpreters))]
    [Framework("python-socketio", "python-socketio")]
    public async Task Rooms_AreEachTenantsOwn_AfterASaveToo(string python)
    {
        var pair = await SavedPair.OfAsync(gateways, python, App);

        await SavedPair.UseAsync(pair, async (tenant, name) =>
        {
            using var listener = await EngineClient.ConnectAsync(pair, tenant);
            using var speaker = await EngineClient.ConnectAsync(pair, tenant);
            await speaker.SendAsync("420[\"say\",\"hello\"]");
            Assert.Equal($"42[\"said\",\"{name} hello\"]", await listener.PacketAsync());
            Assert.Equal($"42[\"said\",\"{name} hello\"]", await speaker.PacketAsync());
            Assert.Equal($"430[\"{name}\"]", await speaker.PacketAsync());
        });
    }

    /// <summary>A client of Engine.IO over a WebSocket, connected to the default namespace.</summary>
    private sealed class EngineClient(SocketClient socket) : IDisposable
    {
        public static async Task<EngineClient> ConnectAsync(TenantPair pair, Tenant tenant)
        {
            var client = new EngineClient(await SocketClient.ConnectAsync(pair.Gateway.Process, tenant.Url("/socket.io/?EIO=4&transport=websocket")));
            Assert.StartsWith("0{", await client.PacketAsync(), StringComparison.Ordinal);
            await client.SendAsync("40");
            Assert.StartsWith("40{", await client.PacketAsync(), StringComparison.Ordinal);
            return client;
        }

        public Task SendAsync(string packet) => socket.SendAsync(packet);

        /// <summary>The next packet that is no heartbeat; a heartbeat is answered.</summary>
        public async Task<string> PacketAsync()
        {
            while (true)
            {
                var packet = await socket.TextAsync();
                if (packet != "2")
                    return packet;
                await socket.SendAsync("3");
            }
        }

        public void Dispose() => socket.Dispose();
    }
}
