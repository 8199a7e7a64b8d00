using System.Net;
using SnakeHost.Tests.Harness;
using SnakeHost.Tests.Telemetry;

namespace SnakeHost.Tests.Frameworks;

/// <summary>What a trace of a request is called: the method and the route, as each framework writes it; and whose failure it is.</summary>
public sealed class RouteTests
{
    private const string Flask =
        """
        from flask import Blueprint, Flask
        app = Flask(__name__)
        shop = Blueprint("shop", __name__, url_prefix="/shop")

        @shop.get("/orders/<int:id>")
        def order(id):
            return f"order {id}"

        @app.get("/fail")
        def fail():
            raise LookupError("lost")

        @app.get("/stream")
        def stream():
            return iter(["one", "two"])

        app.register_blueprint(shop)
        """;

    private const string FastApi =
        """
        from fastapi import APIRouter, FastAPI, WebSocket
        from fastapi.responses import StreamingResponse
        app, inner, router = FastAPI(), FastAPI(), APIRouter(prefix="/shop")

        @router.get("/orders/{id}")
        async def order(id: int):
            return id

        @inner.get("/things/{name}")
        def thing(name: str):
            return name

        @app.get("/fail")
        async def fail():
            raise LookupError("lost")

        @app.get("/events")
        async def events():
            async def each():
                yield "data: one\n\n"
                yield "data: two\n\n"
            return StreamingResponse(each(), media_type="text/event-stream")

        @app.websocket("/rooms/{room}")
        async def talk(socket: WebSocket, room: str):
            await socket.accept()
            await socket.send_text(room)
            await socket.close()

        app.include_router(router)
        app.mount("/inner", inner)
        """;

    private const string Starlette =
        """
        from starlette.applications import Starlette
        from starlette.responses import PlainTextResponse
        from starlette.routing import Mount, Route

        def order(request):
            return PlainTextResponse(str(request.path_params["id"]))

        def fail(request):
            raise LookupError("lost")

        app = Starlette(routes=[
            Mount("/shops/{shop}", routes=[Route("/orders/{id:int}", order), Route("/{id:path}", order)]),
            Mount("/{year:int}", routes=[Route("/{id}", order)]), Route("/orders/{id}", order), Route("/fail", fail)])
        """;

    private const string Django =
        """
        import django
        from django.conf import settings
        settings.configure(DEBUG=False, SECRET_KEY="x", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, DEFAULT_AUTO_FIELD="django.db.models.AutoField")
        django.setup()
        from django.core.KIND import get_KIND_application
        from django.http import HttpResponse
        from django.urls import include, path, re_path

        def order(request, id):
            return HttpResponse(str(id))

        def fail(request):
            raise LookupError("lost")

        urlpatterns = [path("shop/", include([path("orders/<int:id>/", order)])), re_path(r"^old/(?P<id>[0-9]+)$", order), path("fail", fail)]
        app = get_KIND_application()
        """;

    private const string Quart =
        """
        from quart import Quart
        app = Quart(__name__)

        @app.get("/orders/<int:id>")
        async def order(id):
            return f"order {id}"

        @app.get("/fail")
        async def fail():
            raise LookupError("lost")
        """;

    private const string Litestar =
        """
        from litestar import Litestar, Router, get

        @get("/orders/{id:int}", sync_to_thread=False)
        def order(id: int) -> str:
            return str(id)

        @get("/fail")
        async def fail() -> str:
            raise LookupError("lost")

        app = Litestar([Router("/shop", route_handlers=[order]), fail])
        """;

    private const string Falcon =
        """
        import falcon, falcon.asgi

        class Order:
            ASYNC def on_get(self, req, resp, id):
                resp.text = id

        app = falcon.APP()
        app.add_route("/orders/{id}", Order())
        """;

    private const string Bottle =
        """
        from bottle import Bottle
        app = Bottle()

        @app.get("/orders/<id:int>")
        def order(id):
            return str(id)
        """;

    /// <summary>A middleware's own: what is no text is no name, and costs nothing else.</summary>
    private const string Told =
        """
        def tell(request, path):
            known = path.endswith("/orders/7")
            if "snakehost.route" in request:
                request["snakehost.route"] = "/caf\u00e9/{id}" if known else "/\udcff"
            return known

        """;

    private const string ToldToWsgi = Told +
        """
        def app(environ, start_response):
            known = tell(environ, environ["PATH_INFO"])
            start_response("200 OK" if known else "404 Not Found", [("Content-Length", "0")])
            return []
        """;

    private const string ToldToAsgi = Told +
        """
        async def app(scope, receive, send):
            known = tell(scope, scope["path"])
            await send({"type": "http.response.start", "status": 200 if known else 404, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body"})
        """;

    private static readonly (string Name, string Module, string Source, (string Path, string? Route)[] Requests)[] s_apps =
    [
        ("flask", "flask", Flask, [("/shop/orders/7", "/shop/orders/<int:id>"), ("/fail", "/fail"), ("/nothing", null), ("/stream", "/stream")]),
        ("fastapi", "fastapi", FastApi,
            [("/shop/orders/7", "/shop/orders/{id}"), ("/inner/things/a", "/inner/things/{name}"), ("/fail", "/fail"), ("/nothing", null), ("/events", "/events")]),
        ("starlette", "starlette", Starlette,
            [("/shops/shops/orders/7", "/shops/{shop}/orders/{id}"), ("/007/7", "/{year}/{id}"), ("/orders/7", "/orders/{id}"), ("/shops/mine/7/8", "/shops/{shop}/{id}"), ("/fail", "/fail"), ("/nothing", null)]),
        ("django-wsgi", "django", Django.Replace("KIND", "wsgi", StringComparison.Ordinal),
            [("/shop/orders/7/", "/shop/orders/<int:id>/"), ("/old/7", "/old/(?P<id>[0-9]+)"), ("/fail", "/fail"), ("/nothing", null)]),
        ("django-asgi", "django", Django.Replace("KIND", "asgi", StringComparison.Ordinal), [("/shop/orders/7/", "/shop/orders/<int:id>/"), ("/fail", "/fail"), ("/nothing", null)]),
        ("quart", "quart", Quart, [("/orders/7", "/orders/<int:id>"), ("/fail", "/fail"), ("/nothing", null)]),
        ("litestar", "litestar", Litestar, [("/shop/orders/7", "/shop/orders/{id}"), ("/fail", "/fail"), ("/nothing", null)]),
        ("falcon-wsgi", "falcon", Falcon.Replace("ASYNC ", "", StringComparison.Ordinal).Replace("APP", "App", StringComparison.Ordinal), [("/orders/7", "/orders/{id}"), ("/nothing", null)]),
        ("falcon-asgi", "falcon.asgi", Falcon.Replace("ASYNC", "async", StringComparison.Ordinal).Replace("APP", "asgi.App", StringComparison.Ordinal), [("/orders/7", "/orders/{id}"), ("/nothing", null)]),
        ("told-wsgi", "flask", ToldToWsgi, [("/orders/7", "/café/{id}"), ("/nothing", null)]),
        ("told-asgi", "starlette", ToldToAsgi, [("/orders/7", "/café/{id}"), ("/nothing", null)]),
        ("bottle", "bottle", Bottle, [("/orders/7", "/orders/<id:int>"), ("/nothing", null)]),
    ];

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task ARequestsSpan_IsTheTenants_AndNamedByTheFrameworksRoute(string python)
    {
        var (executable, isProcess) = InstalledPythons.Parse(python);
        var apps = s_apps.Where(app => InstalledPythons.CanImport(executable, app.Module)).ToList();
        Assert.SkipWhen(apps.Count == 0, "It has no framework.");
        var (below, own) = (apps.Select((app, index) => SharedGateway.Route(index, ("Host", $"{app.Name}-below.localhost"), ("Path", "/at"), ("WorkingDirectory", app.Name))), isProcess ? "process" : "auto");
        await using var traced = new TracedGateway
        {
            Python = executable,
            Arguments = [.. below.SelectMany(arguments => arguments), .. SharedGateway.Route(apps.Count, ("Host", "*.localhost"), ("WorkingDirectory", "{http.request.host.labels.1}")), "--isolation", own],
        };
        await traced.InitializeAsync();
        foreach (var (name, _, source, requests) in apps)
        {
            var tenant = traced.Tenants.Add(name, ("main.py", source));
            foreach (var (path, route) in requests)
            {
                using var response = await traced.Gateway.Client.GetAsync(tenant.Url(path), TestContext.Current.CancellationToken);
                var status = path == "/fail" ? HttpStatusCode.InternalServerError : route is null ? HttpStatusCode.NotFound : HttpStatusCode.OK;
                Assert.True(status == response.StatusCode, $"{name}{path}: {response.StatusCode}, {await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}");
            }
        }

        foreach (var (name, _, _, requests) in apps)
        {
            using var response = await traced.Gateway.Client.GetAsync(new Uri($"http://{name}-below.localhost/at{requests[0].Path}"), TestContext.Current.CancellationToken);
            var prefixed = await traced.SpanAsync(span => span.Service == name && span.Attributes.GetValueOrDefault("url.path") == "/at" + requests[0].Path, $"of {name} below a prefix");
            Assert.Equal((name, HttpStatusCode.OK, $"GET /at{requests[0].Route}"), (name, response.StatusCode, prefixed.Name));
            foreach (var (path, route) in requests)
            {
                var span = await traced.SpanAsync(span => span.Attributes.GetValueOrDefault("url.path") == path && span.Service == name, $"of {path} of {name}");
                var told = span.Attributes.GetValueOrDefault("http.route");
                // What has no route of its own has at most one that stands for all.
                if (route is not null || told is null)
                    Assert.Equal((name, route is null ? "GET" : $"GET {route}", route), (name, span.Name, told));
                Assert.Equal(path == "/fail", span.IsError);
                if (path == "/fail")
                {
                    Assert.Equal(("LookupError", "LookupError", "lost"), (span.Attributes["error.type"], span.Exception["exception.type"], span.Exception["exception.message"]));
                    Assert.Contains("main.py", span.Exception["exception.stacktrace"], StringComparison.Ordinal);
                }

                // Some frameworks send all that has no length in parts. A process tells when the answer begins: one part without a length looks like the first of several, unless it is the last by then.
                var stream = span.Attributes.GetValueOrDefault("snakehost.stream");
                if (route is not null && !(isProcess && stream == "body"))
                    Assert.Equal((path, path is "/stream" ? "body" : path is "/events" ? "events" : null), (path, stream));
            }
        }

        if (apps.Exists(app => app.Name == "fastapi"))
            await CheckSocketAsync(traced);
        await CheckMetricAsync(traced, apps[0].Name, apps[0].Requests[0].Route!);
    }

    private static async Task CheckSocketAsync(TracedGateway traced)
    {
        using (var client = await SocketClient.ConnectAsync(traced.Gateway, new Uri("http://fastapi.localhost/rooms/red")))
            Assert.Equal("red", await client.TextAsync());
        var span = await traced.SpanAsync(span => span.Attributes.GetValueOrDefault("url.path") == "/rooms/red", "of the socket");
        Assert.Equal(("GET /rooms/{room}", "websocket", "101"), (span.Name, span.Attributes["snakehost.stream"], span.Attributes["http.response.status_code"]));
    }

    private static Task CheckMetricAsync(TracedGateway traced, string tenant, string route) => Eventually.Async(() =>
    {
        foreach (var name in new[] { "http.server.request.duration", "snakehost.request.duration" })
        {
            Assert.Contains(traced.Receiver.Metrics.Where(metric => metric.Name == name).SelectMany(metric => metric.Points), point =>
                point.Attributes.GetValueOrDefault("http.route") == route && point.Attributes.GetValueOrDefault("snakehost.tenant") == tenant);
        }

        return Task.CompletedTask;
    });
}
