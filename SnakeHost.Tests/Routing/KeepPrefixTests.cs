using System.Net;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Routing;

/// <summary>Routes below a path whose apps see the path whole.</summary>
public sealed class KeepPrefixTests
{
    private const string Wsgi =
        """
        def app(environ, start_response):
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [repr((environ["SCRIPT_NAME"], environ["PATH_INFO"])).encode()]
        """;

    private const string Asgi =
        """
        async def app(scope, receive, send):
            if scope["type"] != "http":
                raise RuntimeError
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": repr((scope["root_path"], scope["path"], scope["raw_path"])).encode()})
        """;

    [Fact]
    [Conforms(Standard.Gateway, "Routing", "with KeepPrefix an app below a path prefix gets the path whole, and nothing in SCRIPT_NAME and root_path")]
    public async Task TheAppSeesThePathWhole_AndStaticFoldersDoToo()
    {
        using var tenants = new TenantFolder();
        tenants.Add("wsgi", ("main.py", Wsgi), ("public/a.txt", "a file"));
        tenants.Add("asgi", ("main.py", Asgi));
        tenants.Add("moved", ("main.py", Wsgi));
        await using var gateway = await GatewayProcess.StartAsync(new()
        {
            Root = tenants.Root,
            Arguments =
            [
                .. SharedGateway.Route(0, ("Path", "/item"), ("WorkingDirectory", "wsgi"), ("KeepPrefix", "true"), ("Static:/item/static", "public")),
                .. SharedGateway.Route(1, ("Path", "/*/async"), ("WorkingDirectory", "asgi"), ("KeepPrefix", "true")),
                .. SharedGateway.Route(2, ("Path", "/moved"), ("WorkingDirectory", "moved")),
            ],
        });

        Assert.Equal("('', '/item')", await TextAsync(gateway, "/item"));
        Assert.Equal("('', '/item/')", await TextAsync(gateway, "/item/"));
        Assert.Equal("('', '/item/a/b')", await TextAsync(gateway, "/item/a%2fb"));
        Assert.Equal("a file", await TextAsync(gateway, "/item/static/a.txt"));
        Assert.Equal("('', '/x/async/y z', b'/x/async/y%20z')", await TextAsync(gateway, "/x/async/y%20z"));
        Assert.Equal("('/moved', '/7')", await TextAsync(gateway, "/moved/7"));
        using var other = await gateway.Client.GetAsync(new Uri("http://any.test/items/7"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
    }

    private static Task<string> TextAsync(GatewayProcess gateway, string path) => gateway.Client.TextAsync(new Uri("http://any.test" + path));
}
