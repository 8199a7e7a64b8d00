using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>Quart: blueprints, templates, events, and a WebSocket that talks to a task of the app's.</summary>
public sealed class QuartPairTests(SharedGateways gateways)
{
    private const string App =
        """
        import asyncio

        from quart import Blueprint, Quart, g, make_response, render_template, websocket

        import version
        from identity import NAME

        app = Quart(__name__)
        api = Blueprint("api", __name__, url_prefix="/api")


        @app.before_serving
        async def start():
            app.questions = asyncio.Queue()

            async def answer():
                while True:
                    question, answered = await app.questions.get()
                    answered.set_result(f"{NAME} {question}")

            app.answering = asyncio.create_task(answer())


        @app.after_serving
        async def stop():
            app.answering.cancel()


        @app.before_request
        async def remember():
            g.owner = NAME


        @app.get("/version")
        async def tell():
            return version.tell()


        @api.get("/page")
        async def page():
            return await render_template("page.html", owner=g.owner)


        @api.get("/events")
        async def events():
            async def send():
                for number in range(2):
                    yield f"data: {NAME} {number}\n\n".encode()

            response = await make_response(send(), {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
            response.timeout = None
            return response


        @api.websocket("/ask")
        async def ask():
            while True:
                answered = asyncio.get_running_loop().create_future()
                await app.questions.put((await websocket.receive(), answered))
                await websocket.send(await answered)


        app.register_blueprint(api)
        """;

    public static TheoryData<string> Interpreters => InstalledPythons.WithModule("quart");

    [Theory, MemberData(nameof(Interpreters))]
    [Framework("Quart", "quart")]
    public async Task TasksTemplatesEventsAndSockets_AreEachTenantsOwn_AfterASaveToo(string python)
    {
        var pair = await SavedPair.OfAsync(gateways, python, App);
        foreach (var (tenant, name) in new[] { (pair.Red, "red"), (pair.Blue, "blue") })
            tenant.Write("templates/page.html", name + " {{ owner }}");

        await SavedPair.UseAsync(pair, async (tenant, name) =>
        {
            Assert.Equal($"{name} {name}", await pair.TextAsync(tenant, "/api/page"));
            Assert.Equal($"data: {name} 0\n\ndata: {name} 1\n\n", await pair.TextAsync(tenant, "/api/events"));
            using var socket = await SocketClient.ConnectAsync(pair.Gateway.Process, tenant.Url("/api/ask"));
            await socket.SendAsync("why");
            Assert.Equal($"{name} why", await socket.TextAsync());
            await socket.CloseAsync(1000, "");
        });
    }
}
