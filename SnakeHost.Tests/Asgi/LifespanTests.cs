using System.Net;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Asgi;

/// <summary>ASGI lifespan 2.0.</summary>
public sealed class LifespanTests(SharedGateways gateways)
{
    private const string Recording =
        """
        import asyncio

        loops = []

        async def app(scope, receive, send):
            if scope["type"] == "lifespan":
                loops.append(asyncio.get_running_loop())
                while True:
                    message = await receive()
                    if message["type"] == "lifespan.startup":
                        scope["state"]["shared"] = ["from startup"]
                        scope["state"]["count"] = 0
                    with open("lifespan.txt", "a") as file:
                        file.write(message["type"] + "\n")
                    await send({"type": message["type"] + ".complete"})
                    if message["type"] == "lifespan.shutdown":
                        return
            scope["state"]["count"] += 1
            scope["state"]["shared"].append("x")
            body = f"{scope['state']['count']} {len(scope['state']['shared'])} {asyncio.get_running_loop() is loops[0]} {len(loops)}".encode()
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
            await send({"type": "http.response.body", "body": body})
        """;

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task TheState_IsCopiedShallowlyIntoEachRequest_OnTheSameLoop(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, Recording);

        Assert.Equal("1 2 True 1", await app.TextAsync());
        Assert.Equal("1 3 True 1", await app.TextAsync());
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task OnSigterm_EveryTenantIsShutDown(string python)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root });
        var one = tenants.Add("one", ("main.py", Recording));
        var two = tenants.Add("two", ("main.py", Recording));
        await gateway.Client.TextAsync(one.Url("/"));
        await gateway.Client.TextAsync(two.Url("/"));

        await gateway.StopAsync();

        foreach (var tenant in new[] { one, two })
            Assert.Equal("lifespan.startup\nlifespan.shutdown\n", await File.ReadAllTextAsync(Path.Combine(tenant.Directory, "lifespan.txt"), TestContext.Current.CancellationToken));
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task AFailedStartup_IsAnErrorThatSaysWhy(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            async def app(scope, receive, send):
                assert scope["type"] == "lifespan"
                await receive()
                await send({"type": "lifespan.startup.failed", "message": "the cellar is flooded"})
            """);

        using var response = await app.GetAsync("/", ("Accept", "text/plain"));
        Assert.Contains("the cellar is flooded", await response.TextAsync(HttpStatusCode.InternalServerError), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task AnAppThatRaisesOnLifespan_IsServedWithoutIt(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            async def app(scope, receive, send):
                assert scope["type"] == "http"
                await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
                await send({"type": "http.response.body", "body": b"no lifespan"})
            """);

        Assert.Equal("no lifespan", await app.TextAsync());
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task WithLifespanOn_AnAppThatRaisesOnItDoesNotStart_AndWithOffItIsNotAsked(string python)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new()
        {
            Python = python,
            Root = tenants.Root,
            Arguments =
            [
                .. SharedGateway.Route(0, ("Host", "on.test"), ("App", "main:app"), ("WorkingDirectory", "app"), ("Lifespan", "on")),
                .. SharedGateway.Route(1, ("Host", "off.test"), ("App", "main:app"), ("WorkingDirectory", "app"), ("Lifespan", "off")),
            ],
        });
        tenants.Add("app", ("main.py",
            """
            kinds = []

            async def app(scope, receive, send):
                kinds.append(scope["type"])
                if scope["type"] == "lifespan":
                    raise RuntimeError("no lifespan here")
                await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
                await send({"type": "http.response.body", "body": " ".join(kinds).encode()})
            """));

        using var on = await gateway.Client.SendAsync(HttpMethod.Get, new("http://on.test/"), null, ("Accept", "text/plain"));
        Assert.Contains("no lifespan here", await on.TextAsync(HttpStatusCode.InternalServerError), StringComparison.Ordinal);
        Assert.Equal("http", await gateway.Client.TextAsync(new("http://off.test/")));
        await gateway.StopAsync();
    }
}
