using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>Frameworks below a path prefix, whatever their version takes the scope's <c>path</c> for.</summary>
public sealed class PathPrefixTests(SharedGateways gateways)
{
    private const string FastApi = """
        import fastapi
        from fastapi.responses import PlainTextResponse

        app = fastapi.FastAPI()
        inner = fastapi.FastAPI()
        app.mount("/inner", inner)

        @app.get("/", response_class=PlainTextResponse)
        def index():
            return "index"

        @app.get("/things/{thing}", response_class=PlainTextResponse)
        def read(thing: str, request: fastapi.Request):
            return f"{thing} at {request.url_for('read', thing='x')} by {request.url.path}"

        @inner.get("/deep", response_class=PlainTextResponse)
        def deep():
            return "deep"
        """;

    private const string Falcon = """
        import falcon.asgi

        class Things:
            async def on_get(self, request, response, thing):
                response.text = f"{thing} {request.root_path} {request.path}"

        app = falcon.asgi.App()
        app.add_route("/things/{thing}", Things())
        """;

    [Theory, MemberData(nameof(InstalledPythons.WithModule), "fastapi", MemberType = typeof(InstalledPythons))]
    public async Task FastApi_FindsItsRoutesAndNamesThemWithThePrefix(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, FastApi);

        Assert.Equal("7 at http://mount.test/api/v1/things/x by /api/v1/things/7", await TextAsync(app, "/things/7"));
        Assert.Equal("deep", await TextAsync(app, "/inner/deep"));
        Assert.Equal("index", await TextAsync(app, "/"));
        Assert.StartsWith("7 at ", await app.TextAsync("/things/7"), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(InstalledPythons.WithModule), "fastapi", MemberType = typeof(InstalledPythons))]
    public async Task FastApiWithinMiddleware_FindsItsRoutes(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, FastApi + """


            class Around:
                def __init__(self, app):
                    self.app = app

                async def __call__(self, scope, receive, send):
                    await self.app(scope, receive, send)

            app = Around(Around(app))
            """);

        Assert.StartsWith("7 at ", await TextAsync(app, "/things/7"), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(InstalledPythons.WithModule), "falcon.asgi", MemberType = typeof(InstalledPythons))]
    public async Task Falcon_FindsItsRoutes(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, Falcon);

        Assert.StartsWith("7 /api/v1 ", await TextAsync(app, "/things/7"), StringComparison.Ordinal);
    }

    private static async Task<string> TextAsync(ServedApp app, string path)
    {
        using var response = await app.Client.SendAsync(HttpMethod.Get, new($"http://{SharedGateway.MountHost}{SharedGateway.MountPath}{path}"), null, (SharedGateway.TenantHeader, app.Tenant.Name));
        return await response.TextAsync(System.Net.HttpStatusCode.OK);
    }
}
