using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Workers;

/// <summary>The admin listener's <c>debug</c>: breakpoints in one tenant, driven as an editor does it.</summary>
public sealed class DebugTests
{
    private const int Line = 4, AsgiLine = 6;

    private const string Wsgi =
        """
        VERSION = 1

        def app(environ, start_response):
            answer = f"wsgi {VERSION}"
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [answer.encode()]
        """;

    private const string Asgi =
        """
        VERSION = 1

        async def app(scope, receive, send):
            answer = f"asgi {VERSION}"
            if scope["type"] == "http":
                await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
                await send({"type": "http.response.body", "body": answer.encode()})
        """;

    public static TheoryData<string> WithDebugpy => InstalledPythons.WithModule("debugpy");

    [Theory, MemberData(nameof(WithDebugpy))]
    public async Task ABreakpointStopsItsTenant_OthersGoOn_AndItIsMetAfterASave(string python)
    {
        await using var debugged = await DebuggedGateway.StartAsync(python);
        var (wsgi, asgi, other) = (debugged.Add("wsgi", Wsgi), debugged.Add("asgi", Asgi), debugged.Add("other", Wsgi));
        var (atWsgi, atAsgi) = ((await debugged.DebugAsync(wsgi)).Port, (await debugged.DebugAsync(asgi)).Port);
        Assert.NotEqual(atWsgi, atAsgi);
        await using var inWsgi = await DebugAdapterClient.AttachAsync(atWsgi, wsgi.Main(), Line);
        await using var inAsgi = await DebugAdapterClient.AttachAsync(atAsgi, asgi.Main(), AsgiLine);

        // Both stand; a third answers a thousand requests meanwhile.
        var (first, second) = (debugged.GetAsync(wsgi), debugged.GetAsync(asgi));
        var (wsgiThread, wsgiFrame, wsgiFrames) = await inWsgi.StopAsync();
        var (asgiThread, asgiFrame, _) = await inAsgi.StopAsync();
        Assert.Equal(("app", Line), (wsgiFrame.GetProperty("name").GetString(), wsgiFrame.GetProperty("line").GetInt32()));
        Assert.Equal(1, wsgiFrames);
        Assert.Equal(AsgiLine, asgiFrame.GetProperty("line").GetInt32());
        Assert.Contains("'PATH_INFO'", (await inWsgi.LocalsAsync(wsgiFrame))["environ"], StringComparison.Ordinal);
        Assert.Contains("'http'", (await inAsgi.LocalsAsync(asgiFrame))["scope"], StringComparison.Ordinal);
        for (var i = 0; i < 1000; i++)
            Assert.Equal("wsgi 1", await debugged.GetAsync(other));
        Assert.False(first.IsCompleted || second.IsCompleted);

        // A save while one stands: the next generation stops as well, and the last one is not hurried.
        wsgi.Write("main.py", Wsgi.Replace("VERSION = 1", "VERSION = 2", StringComparison.Ordinal));
        var third = debugged.GetAsync(wsgi);
        var (_, thirdFrame, _) = await inWsgi.StopAsync();
        Assert.Equal("2", await inWsgi.EvaluateAsync(thirdFrame, "VERSION"));
        Assert.Equal("1", await inWsgi.EvaluateAsync(wsgiFrame, "VERSION"));
        await inWsgi.ContinueAsync(wsgiThread);
        await inAsgi.ContinueAsync(asgiThread);
        Assert.Equal(("wsgi 1", "asgi 1", "wsgi 2"), (await first, await second, await third));

        // The same for a loop, with a module that the save breaks in between: the editor stays.
        asgi.Write("main.py", "no Python");
        Assert.Equal(HttpStatusCode.InternalServerError, (await debugged.Gateway.Client.GetAsync(asgi.Url("/"), TestContext.Current.CancellationToken)).StatusCode);
        asgi.Write("main.py", Asgi.Replace("VERSION = 1", "VERSION = 2", StringComparison.Ordinal));
        var fourth = debugged.GetAsync(asgi);
        (asgiThread, _, _) = await inAsgi.StopAsync();
        await inAsgi.ContinueAsync(asgiThread);
        Assert.Equal("asgi 2", await fourth);

        // An editor that leaves lets go; the process that ends is replaced, at the same port.
        var fifth = debugged.GetAsync(wsgi);
        await inWsgi.StopAsync();
        await inWsgi.DisconnectAsync();
        Assert.Equal("wsgi 2", await fifth);
        var process = await debugged.ProcessOfAsync(wsgi);
        await PythonProcess.RunAsync(python, "import os, sys; os.kill(int(sys.argv[1]), 9)", $"{process}");
        await Eventually.Async(async () => Assert.DoesNotContain(await debugged.ProcessOfAsync(wsgi), new[] { 0, process }));
        await using var again = await DebugAdapterClient.AttachAsync(atWsgi, wsgi.Main(), Line);
        var sixth = debugged.GetAsync(wsgi);
        (wsgiThread, _, _) = await again.StopAsync();
        await again.ContinueAsync(wsgiThread);
        Assert.Equal("wsgi 2", await sixth);
        Assert.NotEqual(process, await debugged.ProcessOfAsync(wsgi));

        // The end of debugging lets go, too, and the app is the gateway's again.
        var seventh = debugged.GetAsync(wsgi);
        await again.StopAsync();
        Assert.Equal(HttpStatusCode.NoContent, (await debugged.Gateway.Admin!.Client.DeleteAsync(DebuggedGateway.Of(wsgi), TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal("wsgi 2", await seventh);
        Assert.Equal("wsgi 2", await debugged.GetAsync(wsgi));
        Assert.Equal("shared", (await debugged.Gateway.Admin!.FindAsync(wsgi.Directory))!.Value.GetProperty("isolation").GetString());
        Assert.Contains("'wsgi' is not debugged", await debugged.RefusedAsync(HttpMethod.Get, wsgi, ""), StringComparison.Ordinal);

        // SIGTERM while one stands: it is let go.
        var eighth = debugged.GetAsync(asgi);
        await inAsgi.StopAsync();
        await debugged.Gateway.StopAsync();
        Assert.Equal("asgi 2", await eighth);
    }

    [Theory, MemberData(nameof(WithDebugpy))]
    public async Task TheDebuggerOfTheAppsOwnEnvironmentIsTaken_AndALoadWaitsForAnEditor(string python)
    {
        await using var debugged = await DebuggedGateway.StartAsync(python);
        var tenant = debugged.Add("own", "import debugpy\n" + Wsgi);
        var environment = await VirtualEnvironment.MakeAsync(python, Path.Combine(tenant.Directory, ".venv"));
        var installed = await PythonProcess.RunAsync(python, "import debugpy; print(debugpy.__path__[0])");
        await PythonProcess.RunAsync(python, "import shutil, sys; shutil.copytree(sys.argv[1], sys.argv[2])", installed, Path.Combine(environment.Packages, "debugpy"));

        var (port, reload) = await debugged.DebugAsync(tenant, "?wait=true");
        Assert.Equal(JsonValueKind.Null, reload.ValueKind);
        // Until it is loaded, the gateway's answers.
        Assert.Equal("wsgi 1", await debugged.GetAsync(tenant));
        // No editor has come, and none will.
        Assert.Equal(HttpStatusCode.NoContent, (await debugged.Gateway.Admin!.Client.DeleteAsync(DebuggedGateway.Of(tenant), TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal(("wsgi 1", 0), (await debugged.GetAsync(tenant), await debugged.ProcessOfAsync(tenant)));

        (port, _) = await debugged.DebugAsync(tenant, "?wait=true");
        await using var editor = await DebugAdapterClient.AttachAsync(port, tenant.Main(), 2, Line + 1);
        var (thread, frame, _) = await editor.StopAsync();
        Assert.Equal(2, frame.GetProperty("line").GetInt32());
        Assert.Contains(environment.Packages, await editor.EvaluateAsync(frame, "debugpy.__file__"), StringComparison.Ordinal);
        await editor.ContinueAsync(thread);
        await Eventually.Async(async () => Assert.Equal(4, (await debugged.Gateway.Admin!.FindAsync(tenant.Directory))!.Value.GetProperty("generation").GetInt32()));
        var request = debugged.GetAsync(tenant);
        (thread, _, _) = await editor.StopAsync();
        await editor.ContinueAsync(thread);

        Assert.Equal("wsgi 1", await request);
    }

    [Theory, MemberData(nameof(WithDebugpy))]
    public async Task ARouteMayBeDebuggedFromTheStart(string python)
    {
        await using var debugged = await DebuggedGateway.StartAsync(python, "Development", "--SnakeHost:RouteDefaults:Debugger=true", "--SnakeHost:RouteDefaults:Debugger:Wait=true");
        var tenant = debugged.Add("early", Wsgi);
        var request = debugged.GetAsync(tenant);
        var port = 0;
        await Eventually.Async(async () => port = (await debugged.Gateway.Admin!.Client.JsonAsync(DebuggedGateway.Of(tenant))).GetProperty("port").GetInt32());
        await using var editor = await DebugAdapterClient.AttachAsync(port, tenant.Main(), 1);
        var (thread, frame, _) = await editor.StopAsync();
        Assert.Equal(1, frame.GetProperty("line").GetInt32());
        Assert.False(request.IsCompleted);
        await editor.ContinueAsync(thread);
        Assert.Equal("wsgi 1", await request);

        // Until it is ended; a tenant that comes anew begins so again.
        Assert.Equal(HttpStatusCode.NoContent, (await debugged.Gateway.Admin!.Client.DeleteAsync(DebuggedGateway.Of(tenant), TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal("wsgi 1", await debugged.GetAsync(tenant));
        Assert.Equal(0, await debugged.ProcessOfAsync(tenant));
    }

    [Theory, MemberData(nameof(WithDebugpy))]
    public async Task WhatCannotBeDebugged_IsOneSentence(string python)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        await using var debugged = await DebuggedGateway.StartAsync(python);
        var (known, unknown) = (debugged.Add("known", Wsgi), debugged.Add("unknown", Wsgi));
        Assert.Equal("wsgi 1", await debugged.GetAsync(known));

        Assert.Equal("There is no tenant 'unknown'.", await debugged.RefusedAsync(HttpMethod.Post, unknown, ""));
        Assert.Equal($"The debugger cannot listen at 127.0.0.1:{port}: Address already in use.", await debugged.RefusedAsync(HttpMethod.Post, known, $"?port={port}"));
        Assert.Equal("'70000' is no port: it must be from 1 to 65535.", await debugged.RefusedAsync(HttpMethod.Post, known, "?port=70000"));
        var (first, _) = await debugged.DebugAsync(known);
        var (second, reload) = await debugged.DebugAsync(known);
        Assert.Equal((first, JsonValueKind.Null), (second, reload.ValueKind));
        Assert.Equal($"known is being debugged already, at port {first}.", await debugged.RefusedAsync(HttpMethod.Post, known, $"?port={port}"));

        if (InstalledPythons.CanImport(python, "gevent"))
        {
            var greenlets = debugged.Add("greenlets", "from gevent import monkey\nmonkey.patch_all()\n" + Wsgi);
            Assert.Equal("wsgi 1", await debugged.GetAsync(greenlets));
            var (_, refused) = await debugged.DebugAsync(greenlets);
            Assert.Contains("gevent.monkey.patch_all() is refused while the app is debugged", refused.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.NoContent, (await debugged.Gateway.Admin!.Client.DeleteAsync(DebuggedGateway.Of(greenlets), TestContext.Current.CancellationToken)).StatusCode);
            Assert.Equal("wsgi 1", await debugged.GetAsync(greenlets));
        }

        // What is evicted is not debugged any more.
        Assert.Equal(HttpStatusCode.NoContent, (await debugged.Gateway.Admin!.EvictAsync("known")).StatusCode);
        Assert.Equal("There is no tenant 'known'.", await debugged.RefusedAsync(HttpMethod.Post, known, ""));
        Assert.Equal("wsgi 1", await debugged.GetAsync(known));
        Assert.Equal("'known' is not debugged.", await debugged.RefusedAsync(HttpMethod.Delete, known, ""));
    }

    [Fact]
    public async Task InProduction_AndWithSeveralGateways_NothingIsDebugged()
    {
        await using (var production = await DebuggedGateway.StartAsync(InstalledPythons.Default, "Production"))
        {
            Assert.Equal("Apps are debugged in Development only, and this is Production.", await production.RefusedAsync(HttpMethod.Post, production.Add("any", Wsgi), ""));
            using var install = await production.Gateway.Admin!.Client.PostAsync(new Uri("http://localhost/api/tenants/any/install"), content: null, TestContext.Current.CancellationToken);
            Assert.Contains("Packages are installed in Development only, and this is Production.", await install.TextAsync(HttpStatusCode.Forbidden), StringComparison.Ordinal);
        }

        var start = await Assert.ThrowsAsync<InvalidOperationException>(() => DebuggedGateway.StartAsync(InstalledPythons.Default, "Production", "--SnakeHost:RouteDefaults:Debugger=true"));
        Assert.Contains("SnakeHost:Routes:0:Debugger is 'true', but apps are debugged in Development only, and this is Production.", start.Message, StringComparison.Ordinal);
        start = await Assert.ThrowsAsync<InvalidOperationException>(() => DebuggedGateway.StartAsync(InstalledPythons.Default, "Development", "--SnakeHost:RouteDefaults:Debugger=true", "--workers", "2"));
        Assert.Contains("SnakeHost:Routes:0:Debugger is 'true', but SnakeHost:Workers is '2': an app is debugged in one gateway.", start.Message, StringComparison.Ordinal);

        await using var several = await DebuggedGateway.StartAsync(InstalledPythons.Default, "Development", "--workers", "2");
        Assert.Equal("With several gateways (--workers) no app is debugged: run one.", await several.RefusedAsync(HttpMethod.Post, several.Add("any", Wsgi), ""));
    }

    [Fact]
    public async Task WithoutDebugpy_TheSentenceHasTheCommandThatInstallsIt()
    {
        var python = InstalledPythons.Executables.FirstOrDefault(found => !InstalledPythons.CanImport(found, "debugpy"));
        Assert.SkipWhen(python is null, "Every Python of this machine has debugpy.");
        await using var debugged = await DebuggedGateway.StartAsync(python);
        var tenant = debugged.Add("plain", Wsgi);
        Assert.Equal("wsgi 1", await debugged.GetAsync(tenant));
        Assert.Matches(@"^debugpy is not installed for (\S+): \1 -m pip install debugpy$", await debugged.RefusedAsync(HttpMethod.Post, tenant, ""));

        var own = debugged.Add("own", Wsgi);
        var environment = await VirtualEnvironment.MakeAsync(python, Path.Combine(own.Directory, ".venv"));
        Assert.Equal("wsgi 1", await debugged.GetAsync(own));
        Assert.Matches($@"^debugpy is neither installed in {environment.Folder} nor for \S+: {environment.Folder}/bin/python -m pip install debugpy$", await debugged.RefusedAsync(HttpMethod.Post, own, ""));
        Assert.Equal("wsgi 1", await debugged.GetAsync(own));
    }

    [Fact]
    public async Task ADebuggerThatHangsWhileItStarts_OutlivesNoGateway()
    {
        foreach (var isKilled in new[] { false, true })
        {
            await using var debugged = await DebuggedGateway.StartAsync(InstalledPythons.Default);
            var tenant = debugged.Add("hanging", Wsgi);
            var environment = await VirtualEnvironment.MakeAsync(InstalledPythons.Default, Path.Combine(tenant.Directory, ".venv"));
            var note = Path.Combine(tenant.Directory, "process");
            Directory.CreateDirectory(Path.Combine(environment.Packages, "debugpy"));
            await File.WriteAllTextAsync(
                Path.Combine(environment.Packages, "debugpy", "__init__.py"), $"import os, time\nopen('{note}', 'w').write(f'{{os.getpid()}} ')\ntime.sleep(600)\n", TestContext.Current.CancellationToken);
            Assert.Equal("wsgi 1", await debugged.GetAsync(tenant));

            var refused = isKilled ? null : debugged.RefusedAsync(HttpMethod.Post, tenant, "");
            if (isKilled)
                _ = debugged.Gateway.Admin!.Client.PostAsync(DebuggedGateway.Of(tenant), content: null, TestContext.Current.CancellationToken).ContinueWith(static ended => ended.Exception, TaskScheduler.Default);
            await Eventually.Async(() =>
            {
                Assert.EndsWith(" ", File.Exists(note) ? File.ReadAllText(note) : "", StringComparison.Ordinal);
                return Task.CompletedTask;
            });
            var process = (await File.ReadAllTextAsync(note, TestContext.Current.CancellationToken)).Trim();
            if (isKilled)
                debugged.Gateway.Kill();
            else
                await debugged.Gateway.StopAsync();

            if (refused is not null)
                Assert.Equal("The gateway is stopping.", await refused);
            await Eventually.Async(() =>
            {
                Assert.False(Directory.Exists($"/proc/{process}"));
                return Task.CompletedTask;
            });
        }
    }

    private sealed class DebuggedGateway(GatewayProcess gateway, TenantFolder tenants) : IAsyncDisposable
    {
        public GatewayProcess Gateway => gateway;

        public static async Task<DebuggedGateway> StartAsync(string? python, string environment = "Development", params string[] arguments)
        {
            var tenants = new TenantFolder();
            return new DebuggedGateway(await GatewayProcess.StartAsync(new() { Root = tenants.Root, Python = python, EnvironmentName = environment, Arguments = arguments }), tenants);
        }

        public static Uri Of(Tenant tenant, string query = "") => new($"http://localhost/api/tenants/{tenant.Name}/debug{query}");

        public Tenant Add(string name, string source) => tenants.Add(name, ("main.py", source));

        public Task<string> GetAsync(Tenant tenant) => gateway.Client.TextAsync(tenant.Url("/"));

        /// <summary>Loads it, and has it debugged.</summary>
        public async Task<(int Port, JsonElement Reload)> DebugAsync(Tenant tenant, string query = "")
        {
            await GetUntilLoadedAsync(tenant);
            var response = await gateway.Admin!.Client.PostAsync(Of(tenant, query), content: null, TestContext.Current.CancellationToken);
            var answer = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
            Assert.True(response.IsSuccessStatusCode, $"{answer} {gateway.Describe()}");
            var (port, launch) = (answer.GetProperty("port").GetInt32(), answer.GetProperty("launch"));
            Assert.Equal(("debugpy", "attach", port), (launch.GetProperty("type").GetString(), launch.GetProperty("request").GetString(), launch.GetProperty("connect").GetProperty("port").GetInt32()));
            return (port, answer.GetProperty("reload"));
        }

        /// <summary>Why a request for <c>debug</c> is refused.</summary>
        public async Task<string?> RefusedAsync(HttpMethod method, Tenant tenant, string query)
        {
            using var request = new HttpRequestMessage(method, Of(tenant, query));
            var response = await gateway.Admin!.Client.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.InRange((int)response.StatusCode, 400, 499);
            return (await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("detail").GetString();
        }

        /// <summary>The process that its app has of its own; 0 for none.</summary>
        public async Task<int> ProcessOfAsync(Tenant tenant) =>
            (await gateway.Admin!.FindAsync(tenant.Directory))!.Value.GetProperty("processes").EnumerateArray().Select(process => process.GetProperty("id").GetInt32()).SingleOrDefault();

        public async ValueTask DisposeAsync()
        {
            await gateway.DisposeAsync();
            tenants.Dispose();
        }

        private async Task GetUntilLoadedAsync(Tenant tenant)
        {
            if (await gateway.Admin!.FindAsync(tenant.Directory) is null)
                (await gateway.Admin.Client.PostAsync(new Uri($"http://localhost/api/tenants?url={Uri.EscapeDataString(tenant.Url("/").AbsoluteUri)}"), content: null)).EnsureSuccessStatusCode();
        }
    }
}
