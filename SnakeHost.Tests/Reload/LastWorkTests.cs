using System.Net.Sockets;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Reload;

/// <summary>Threads and work in pools that a generation leaves: finished within the grace, as in a process that ends.</summary>
public sealed class LastWorkTests
{
    private static readonly string[] s_longGrace = ["--SnakeHost:Reload:Grace=10m"];

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

    private static string Code(string kind) =>
        PythonApps.Answering(Jobs + (kind == "asgi" ? "path_is_asynchronous = True" : "path_is_asynchronous = False"), kind);

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task WhenTheGatewayStops_TheyAreFinished_BeforeExitFunctionsRun(string python, string kind)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root, Arguments = s_longGrace });
        var tenant = await StartJobsAsync(gateway, tenants, kind);

        var stop = gateway.StopAsync();
        await Eventually.Async(async () =>
        {
            using var client = new TcpClient();
            Assert.IsType<SocketException>(await Record.ExceptionAsync(() => client.ConnectAsync(gateway.Address, TestContext.Current.CancellationToken).AsTask()));
        });
        tenant.Write("go-on", "");
        await stop;

        Assert.Equal(Done(kind), await ReadAsync(tenant, "at-exit"));
    }

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task AfterASave_TheyAreFinished_AndHoldUpNoRequest(string python, string kind)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root, Arguments = s_longGrace });
        var tenant = await StartJobsAsync(gateway, tenants, kind);

        tenant.Write("main.py", PythonApps.Answering("def answer(path): return 'new'", kind));
        Assert.Equal("new", await gateway.Client.TextAsync(tenant.Url("/")));
        Assert.False(File.Exists(Path.Join(tenant.Directory, "at-exit")));
        tenant.Write("go-on", "");

        await Eventually.Async(async () => Assert.Equal(Done(kind), await ReadAsync(tenant, "at-exit")));
        await gateway.StopAsync();
    }

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task IdlePools_AreNotWaitedFor(string python, string kind)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root, Arguments = s_longGrace });
        var tenant = tenants.Add("idle", ("main.py", PythonApps.Answering(
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
            """, kind)));
        Assert.Equal("True", await gateway.Client.TextAsync(tenant.Url("/")));

        await gateway.StopAsync();
    }

    private static async Task<Tenant> StartJobsAsync(GatewayProcess gateway, TenantFolder tenants, string kind)
    {
        var tenant = tenants.Add("jobs", ("main.py", Code(kind)));
        Assert.Equal("here", await gateway.Client.TextAsync(tenant.Url("/start")));
        await Eventually.Async(() =>
        {
            foreach (var begun in kind == "asgi" ? new[] { "thread", "pool", "loop" } : ["thread", "pool"])
                Assert.True(File.Exists(Path.Join(tenant.Directory, "begun-" + begun)));
            return Task.CompletedTask;
        });
        return tenant;
    }

    private static string Done(string kind) => (kind == "asgi" ? "done-loop " : "") + "done-pool done-queued done-second-thread done-thread";

    private static async Task<string?> ReadAsync(Tenant tenant, string file)
    {
        var path = Path.Join(tenant.Directory, file);
        return File.Exists(path) ? await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken) : null;
    }
}
