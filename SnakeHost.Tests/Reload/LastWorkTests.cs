using System.Net.Sockets;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Reload;

/// <summary>Threads and work in pools that a generation leaves: finished within the grace, as in a process that ends.</summary>
public sealed class LastWorkTests
{
    private static readonly string[] s_longGrace = ["--SnakeHost:Reload:Grace=10m"];
    private static readonly string[] s_kinds = ["wsgi", "asgi"];

    /// <summary>Each job ends when the file go-on is there, and then makes a file of its own; what runs at exit names those that are there by then.</summary>
    private const string Jobs =
        """
        import asyncio, atexit, os, threading, time
        from concurrent.futures import ThreadPoolExecutor
        pool = ThreadPoolExecutor(1)

        def job(name):
            open("begun-" + name, "w").close()
            while not os.path.exists("go-on"):
                time.sleep(0.01)
            open("done-" + name, "w").close()

        def chain():
            job("thread")
            threading.Thread(target=job, args=("second-thread",)).start()

        @atexit.register
        def last():
            with open("at-exit", "w") as file:
                file.write(" ".join(sorted(name for name in os.listdir() if name.startswith("done-"))))

        def answer(path):
            if path == "/start":
                threading.Thread(target=chain).start()
                threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
                pool.submit(job, "pool")
                pool.submit(job, "queued")
                if path_is_asynchronous:
                    asyncio.get_running_loop().run_in_executor(None, job, "loop")
            return "here"

        """;

    private const string IdlePools =
        """
        import asyncio, os, sys, types
        from concurrent.futures import ThreadPoolExecutor

        # A pool that a library has made, which serves others too.
        library = types.ModuleType("library")
        exec("from concurrent.futures import ThreadPoolExecutor\ndef make(): return ThreadPoolExecutor(2)", library.__dict__)
        theirs, own = library.make(), ThreadPoolExecutor(2)
        class Held: pass
        Held.self = Held
        Held.pool = theirs
        sys.kept = getattr(sys, "kept", None) or theirs

        def answer(path): return theirs.submit(os.getpid).result() == own.submit(os.getpid).result()
        """;

    private static string Code(string kind) =>
        PythonApps.Answering(Jobs + (kind == "asgi" ? "path_is_asynchronous = True" : "path_is_asynchronous = False"), kind);

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task WhenTheGatewayStops_TheyAreFinished_BeforeExitFunctionsRun(string python)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root, Arguments = s_longGrace });
        var apps = await StartJobsAsync(gateway, tenants);

        var stop = gateway.StopAsync();
        await Eventually.Async(async () =>
        {
            using var client = new TcpClient();
            Assert.IsType<SocketException>(await Record.ExceptionAsync(() => client.ConnectAsync(gateway.Address, TestContext.Current.CancellationToken).AsTask()));
        });
        foreach (var app in apps)
            app.Write("go-on", "");
        await stop;

        foreach (var app in apps)
            Assert.Equal(Done(app), await ReadAsync(app, "at-exit"));
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task AfterASave_TheyAreFinished_AndHoldUpNoRequest(string python)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root, Arguments = s_longGrace });
        foreach (var app in await StartJobsAsync(gateway, tenants))
        {
            app.Write("main.py", PythonApps.Answering("def answer(path): return 'new'", app.Name));
            Assert.Equal("new", await gateway.Client.TextAsync(app.Url("/")));
            Assert.False(File.Exists(Path.Join(app.Directory, "at-exit")));
            app.Write("go-on", "");

            await Eventually.Async(async () => Assert.Equal(Done(app), await ReadAsync(app, "at-exit")));
        }

        await gateway.StopAsync();
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task IdlePools_AreNotWaitedFor(string python)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root, Arguments = s_longGrace });
        foreach (var kind in s_kinds)
        {
            var tenant = tenants.Add(kind, ("main.py", PythonApps.Answering(IdlePools, kind)));
            Assert.Equal("True", await gateway.Client.TextAsync(tenant.Url("/")));
        }

        await gateway.StopAsync();
    }

    /// <summary>An app of each interface, which has its name, with its jobs begun.</summary>
    private static async Task<IReadOnlyList<Tenant>> StartJobsAsync(GatewayProcess gateway, TenantFolder tenants)
    {
        var apps = s_kinds.Select(kind => tenants.Add(kind, ("main.py", Code(kind)))).ToList();
        foreach (var app in apps)
        {
            Assert.Equal("here", await gateway.Client.TextAsync(app.Url("/start")));
            await Eventually.Async(() =>
            {
                foreach (var begun in app.Name == "asgi" ? new[] { "thread", "pool", "loop" } : ["thread", "pool"])
                    Assert.True(File.Exists(Path.Join(app.Directory, "begun-" + begun)));
                return Task.CompletedTask;
            });
        }

        return apps;
    }

    private static string Done(Tenant app) => (app.Name == "asgi" ? "done-loop " : "") + "done-pool done-queued done-second-thread done-thread";

    private static async Task<string?> ReadAsync(Tenant tenant, string file)
    {
        var path = Path.Join(tenant.Directory, file);
        return File.Exists(path) ? await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken) : null;
    }
}
