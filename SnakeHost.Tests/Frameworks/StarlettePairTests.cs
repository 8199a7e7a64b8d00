using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>Starlette: the lifespan's state, templates, static files, a mounted app of its own and WebSockets.</summary>
public sealed class StarlettePairTests(SharedGateways gateways)
{
    private const string App =
        """
        import asyncio
        import contextlib

        from starlette.applications import Starlette
        from starlette.background import BackgroundTask
        from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
        from starlette.middleware import Middleware
        from starlette.middleware.gzip import GZipMiddleware
        from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse
        from starlette.routing import Mount, Route, WebSocketRoute
        from starlette.staticfiles import StaticFiles
        from starlette.templating import Jinja2Templates

        import version
        from identity import NAME

        templates = Jinja2Templates(directory="templates")
        done = []


        @contextlib.asynccontextmanager
        async def lifespan(app):
            queue = asyncio.Queue()

            async def work():
                while True:
                    done.append(f"{NAME} {await queue.get()}")

            task = asyncio.create_task(work())
            yield {"queue": queue}
            task.cancel()


        class Jobs(HTTPEndpoint):
            async def post(self, request):
                await request.state.queue.put((await request.json())["job"])
                return JSONResponse({"accepted": NAME}, background=BackgroundTask(done.append, f"{NAME} accepted"))

            async def get(self, request):
                return JSONResponse(sorted(set(done)))


        class Echo(WebSocketEndpoint):
            encoding = "text"

            async def on_receive(self, websocket, data):
                await websocket.send_text(f"{NAME} {data}")


        def tell(request):
            return PlainTextResponse(version.tell())


        async def page(request):
            return HTMLResponse(templates.get_template("page.html").render(request=request, names=["a", "b"]))


        app = Starlette(
            lifespan=lifespan,
            middleware=[Middleware(GZipMiddleware, minimum_size=10)],
            routes=[
                Route("/version", tell),
                Route("/jobs", Jobs),
                Route("/page", page),
                WebSocketRoute("/echo", Echo),
                Mount("/static", StaticFiles(directory="static"), name="static"),
            ],
        )
        """;

    public static TheoryData<string> Interpreters => InstalledPythons.WithModule("starlette, jinja2");

    [Theory, MemberData(nameof(Interpreters))]
    [Framework("Starlette", "starlette")]
    public async Task StateTemplatesFilesAndSockets_AreEachTenantsOwn_AfterASaveToo(string python)
    {
        var pair = await SavedPair.OfAsync(gateways, python, App, ("templates/base.html", "<title>{% block title %}{% endblock %}</title>"));
        foreach (var (tenant, name) in new[] { (pair.Red, "red"), (pair.Blue, "blue") })
        {
            tenant.Write("templates/page.html", "{% extends 'base.html' %}{% block title %}" + name + " {{ names|join('+') }}{% endblock %}");
            tenant.Write("static/site.css", $"body {{ color: {name} }}");
        }

        await SavedPair.UseAsync(pair, async (tenant, name) =>
        {
            using (var posted = await pair.Client.PostAsync(tenant.Url("/jobs"), new StringContent("""{"job": "sweep"}""")))
                Assert.Equal($$"""{"accepted":"{{name}}"}""", await posted.TextAsync(System.Net.HttpStatusCode.OK));
            await Eventually.Async(async () => Assert.Equal($"""["{name} accepted","{name} sweep"]""", await pair.TextAsync(tenant, "/jobs")));
            Assert.Equal($"<title>{name} a+b</title>", await pair.TextAsync(tenant, "/page"));
            Assert.Equal($"body {{ color: {name} }}", await pair.TextAsync(tenant, "/static/site.css"));
            using var socket = await SocketClient.ConnectAsync(pair.Gateway.Process, tenant.Url("/echo"));
            await socket.SendAsync("hello");
            Assert.Equal($"{name} hello", await socket.TextAsync());
            await socket.CloseAsync(1000, "");
        });
    }
}
