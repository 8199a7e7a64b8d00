using System.Net;
using SnakeHost.Tests.Conformance;
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

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiLifespan, "Lifespan State", "Each request gets a shallow copy of the state that the startup has filled")]
    [Conforms(Standard.AsgiLifespan, "Lifespan Protocol", "Lifespan and requests run on the same event loop, one lifespan per loop")]
    public async Task TheState_IsCopiedShallowlyIntoEachRequest_OnTheSameLoop(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, Recording);

        Assert.Equal("1 2 True 1", await app.TextAsync());
        Assert.Equal("1 3 True 1", await app.TextAsync());
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiLifespan, "Shutdown - receive event", "lifespan.shutdown is sent exactly once, after the last request, when the gateway ends")]
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

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiLifespan, "Startup Failed - send event", "The app is refused, with its message")]
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

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiLifespan, "Scope", "An exception on the lifespan scope means that the app does not know it: it is served without")]
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

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiLifespan, "Scope", "lifespan on: that exception refuses the app; lifespan off: the scope is not sent")]
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

    /// <summary>What an app does at its start and its end is chosen by the file <c>mode.txt</c>.</summary>
    private const string Modes =
        """
        import asyncio, os

        FOLDER = os.path.dirname(os.path.abspath(__file__))
        MODE = open(os.path.join(FOLDER, "mode.txt")).read()

        def note(text):
            with open(os.path.join(FOLDER, "notes.txt"), "a") as file:
                file.write(text + "\n")

        async def app(scope, receive, send):
            if scope["type"] != "lifespan":
                await send({"type": "http.response.start", "status": 200})
                return await send({"type": "http.response.body", "body": repr(sorted(scope.get("state", "none"))).encode()})
            note(f"{sorted(scope)} {scope['asgi']} {scope['state']}")
            note((await receive())["type"])
            scope["state"]["key"] = 1
            if MODE == "unknown":
                try:
                    await send({"type": "lifespan.nonsense"})
                except RuntimeError as error:
                    note(str(error))
            if MODE == "silent":
                return
            await send({"type": "lifespan.startup.complete"})
            if MODE == "twice":
                await send({"type": "lifespan.startup.complete"})
            if MODE == "dies":
                await asyncio.sleep(0)
                raise LookupError("the lifespan broke")
            note((await receive())["type"])
            if MODE == "fails":
                return await send({"type": "lifespan.shutdown.failed", "message": "the tap drips"})
            if MODE == "raises":
                raise LookupError("cannot end")
            if MODE == "returns":
                return
            await send({"type": "lifespan.shutdown.complete"})
            note("complete")
        """;

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiLifespan, "Scope", "The scope has type, asgi with spec_version 2.0, and an empty state")]
    [Conforms(Standard.AsgiLifespan, "Startup Complete - send event", "A message that is unknown or comes twice is refused with an exception; the app is served")]
    [Conforms(Standard.AsgiLifespan, "Shutdown Failed - send event", "The message is logged, and the gateway ends all the same")]
    [Conforms(Standard.AsgiLifespan, "Shutdown Complete - send event", "An app that raises or returns instead is logged or let go; nobody waits for its message")]
    public async Task WhatALifespanDoes_IsTakenAsItIsMeant(string python)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root });
        string[] modes = ["usual", "unknown", "silent", "twice", "dies", "fails", "raises", "returns"];
        var apps = modes.ToDictionary(mode => mode, mode => tenants.Add(mode, ("main.py", Modes), ("mode.txt", mode)));
        foreach (var (mode, tenant) in apps)
            Assert.Equal("['key']", await gateway.Client.TextAsync(tenant.Url("/")));
        await gateway.Output.WaitForAsync(line => line.Contains("LookupError: the lifespan broke", StringComparison.Ordinal), "the traceback of a lifespan that broke");

        await gateway.StopAsync();

        const string Begun = "['asgi', 'state', 'type'] {'version': '3.0', 'spec_version': '2.0'} {}|lifespan.startup";
        var ended = $"{Begun}|lifespan.shutdown";
        Assert.Equal($"{ended}|complete", Notes(apps["usual"]));
        Assert.Equal($"{Begun}|unexpected ASGI message 'lifespan.nonsense' in the lifespan|lifespan.shutdown|complete", Notes(apps["unknown"]));
        Assert.All(["silent", "twice", "dies"], mode => Assert.Equal(Begun, Notes(apps[mode])));
        Assert.All(["fails", "raises", "returns"], mode => Assert.Equal(ended, Notes(apps[mode])));
        var output = gateway.Output.ToString();
        Assert.Contains("The app's shutdown failed: the tap drips", output, StringComparison.Ordinal);
        Assert.Contains("LookupError: cannot end", output, StringComparison.Ordinal);
        Assert.Contains("it has been sent already", output, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiLifespan, "Shutdown - receive event", "A reload and an eviction shut the old version down, once, on its own loop")]
    public async Task AReloadAndAnEviction_ShutTheOldVersionDownOnce(string python)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root });
        var tenant = tenants.Add("one", ("main.py", Recording));
        Assert.Equal("1 2 True 1", await gateway.Client.TextAsync(tenant.Url("/")));
        var id = (await gateway.Admin!.FindAsync(tenant.Directory))!.Value.GetProperty("id").GetString();

        using var reload = await gateway.Admin.Client.PostAsync(new Uri($"http://localhost/api/tenants/{id}/reload"), null, TestContext.Current.CancellationToken);
        Assert.Equal("1 2 True 1", await gateway.Client.TextAsync(tenant.Url("/")));
        await RecordedAsync("lifespan.shutdown|lifespan.startup|lifespan.startup");
        using var evict = await gateway.Admin.Client.PostAsync(new Uri($"http://localhost/api/tenants/{id}/evict"), null, TestContext.Current.CancellationToken);
        await RecordedAsync("lifespan.shutdown|lifespan.shutdown|lifespan.startup|lifespan.startup");
        await gateway.StopAsync();
        await RecordedAsync("lifespan.shutdown|lifespan.shutdown|lifespan.startup|lifespan.startup");

        Task RecordedAsync(string expected) => Eventually.Async(async () => Assert.Equal(
            expected, string.Join('|', (await File.ReadAllLinesAsync(Path.Combine(tenant.Directory, "lifespan.txt"))).Order(StringComparer.Ordinal))));
    }

    private static string Notes(Tenant tenant) => string.Join('|', File.ReadAllLines(Path.Combine(tenant.Directory, "notes.txt")));
}
