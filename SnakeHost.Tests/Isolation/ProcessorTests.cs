using System.Globalization;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Isolation;

/// <summary>Threads of apps that keep to one processor: where they are, and that nothing an app starts or asks for is any different.</summary>
public sealed class ProcessorTests
{
    /// <summary>As the kernel shortens it.</summary>
    private const string Mover = "SnakeHost affin", Sender = "SnakeHost answe";

    private const string App = """
        import concurrent.futures, ctypes, multiprocessing, os, subprocess, threading

        def allowed():
            with open(f"/proc/self/task/{threading.get_native_id()}/status") as status:
                return next(line for line in status if line.startswith("Cpus_allowed_list:")).split()[1]

        def forked():
            reading, writing = os.pipe()
            pid = os.fork()
            if pid == 0:
                os.write(writing, allowed().encode())
                os._exit(0)
            os.waitpid(pid, 0)
            os.close(writing)
            with open(reading) as pipe:
                return pipe.read()

        def loaded():
            import _codecs_tw
            return allowed() if hasattr(_codecs_tw, "__file__") else "built in"

        all_of_them = allowed()

        def threaded():
            seen = []
            thread = threading.Thread(target=lambda: seen.append(allowed()))
            thread.start()
            thread.join()
            return seen[0]

        class After:
            # Starts a thread in a forked child before anything else is done there, as libraries do that export.
            def __init__(self):
                os.register_at_fork(after_in_child=self.begin)

            def begin(self):
                thread = threading.Thread(target=lambda: os.sched_getaffinity(0))
                thread.start()
                thread.join()

        After()

        def pooled():
            with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as pool:
                return f"{len(pool.submit(os.sched_getaffinity, 0).result())} {all_of_them}"

        def linked():
            ctypes.CDLL("libz.so.1", use_errno=True)
            return allowed()

        def counted():
            return f"{os.cpu_count() > 0} {allowed()}"

        def started():
            return subprocess.check_output(["/bin/sh", "-c", "grep Cpus_allowed_list: /proc/$$/status"], text=True).split()[1]

        def spawned():
            reading, writing = os.pipe()
            pid = os.posix_spawn("/bin/sh", ["sh", "-c", "grep Cpus_allowed_list: /proc/$$/status"], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, writing, 1)])
            os.waitpid(pid, 0)
            os.close(writing)
            with open(reading) as pipe:
                return pipe.read().split()[1]

        def asked():
            return f"{len(os.sched_getaffinity(0))} {allowed()}"

        def placed():
            os.sched_setaffinity(0, os.sched_getaffinity(0))
            return allowed()

        def spins():
            return str(sum(range(1_000_000)))

        def app(environ, start_response):
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [globals()[environ["PATH_INFO"][1:]]().encode()]
        """;

    [Fact]
    public async Task WhatAnAppStartsOrAsks_SeesAllProcessors_AndOnceItPlacesThreadsItself_NobodyElseDoes()
    {
        Assert.SkipWhen(Environment.ProcessorCount < 2, "There is one processor.");
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = tenants.Root, Arguments = ["--SnakeHost:Python:Affinity=Always"] });
        var (one, other) = (tenants.Add("one", ("main.py", App)), tenants.Add("other", ("main.py", App)));
        var all = ProcFiles.Processors($"/proc/{gateway.Id}");
        var count = all.Split(',').SelectMany(Numbers).Count();
        foreach (var path in new[] { "forked", "loaded", "linked", "threaded", "pooled", "started", "spawned", "asked", "counted" })
        {
            // After each it is let go of for a second.
            await Eventually.Async(async () => Assert.DoesNotContain(await gateway.Client.TextAsync(one.Url("/allowed")), new[] { "", all }));
            var answer = await gateway.Client.TextAsync(one.Url($"/{path}"));
            Assert.Contains(answer, path switch
            {
                "loaded" => [all, "built in"],
                "asked" or "pooled" => [$"{count} {all}"],
                "counted" => [$"True {all}"],
                _ => new[] { all },
            });
        }

        await Eventually.Async(async () => Assert.NotEqual(all, await gateway.Client.TextAsync(other.Url("/allowed"))));
        var home = await gateway.Client.TextAsync(other.Url("/allowed"));
        Assert.True(int.TryParse(home, CultureInfo.InvariantCulture, out _), home);
        Assert.DoesNotContain(ProcFiles.Processors(gateway.Id, Sender), new[] { home, all });

        Assert.Equal(all, await gateway.Client.TextAsync(one.Url("/placed")));
        Assert.Equal(all, await gateway.Client.TextAsync(other.Url("/allowed")));
        Assert.Equal(all, ProcFiles.Processors(gateway.Id, Sender));
        await Eventually.Async(() =>
        {
            Assert.DoesNotContain(Mover, ProcFiles.ThreadNames(gateway.Id));
            return Task.CompletedTask;
        });
    }

    /// <remarks>Whatever else the machine does: it comes first, where that is allowed; <c>nice</c> goes on if it is not.</remarks>
    [Fact]
    public async Task ThreadsThatTakeTurns_KeepToOneProcessor_AsLongAsTheyAreBusy()
    {
        Assert.SkipWhen(Environment.ProcessorCount < 2, "There is one processor.");
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = tenants.Root, Through = ["nice", "-n", "-19", .. Two()] });
        Tenant[] apps = [tenants.Add("one", ("main.py", App)), tenants.Add("other", ("main.py", App))];
        var all = ProcFiles.Processors($"/proc/{gateway.Id}");
        using (var ending = new CancellationTokenSource())
        {
            // Each is asked again while it still answers, however slowly this process gets on.
            var clients = apps.SelectMany(static app => Enumerable.Repeat(app, 2)).Select(app => AskAsync(gateway, app, ending.Token)).ToArray();
            // They are seen apart for a moment, too.
            await Eventually.Async(async () => Assert.NotEqual(all, await gateway.Client.TextAsync(apps[1].Url("/allowed"))), within: TimeSpan.FromMinutes(1));
            await ending.CancelAsync();
            await Task.WhenAll(clients);
        }

        foreach (var app in apps)
            await Eventually.Async(async () => Assert.Equal(all, await gateway.Client.TextAsync(app.Url("/allowed"))));
        await Eventually.Async(() =>
        {
            Assert.Equal(all, ProcFiles.Processors(gateway.Id, Sender));
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task Off_NobodyMovesThem()
    {
        Assert.SkipWhen(Environment.ProcessorCount < 2, "There is one processor.");
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = tenants.Root, Through = Two(), Arguments = ["--SnakeHost:Python:Affinity=off"] });
        Assert.Equal("499999500000", await gateway.Client.TextAsync(tenants.Add("app", ("main.py", App)).Url("/spins")));
        Assert.DoesNotContain(Mover, ProcFiles.ThreadNames(gateway.Id));
    }

    /// <summary>Two of the processors that there are: with many, none is chosen.</summary>
    private static IReadOnlyList<string> Two() => ["taskset", "--cpu-list", string.Join(',', ProcFiles.Processors("/proc/self").Split(',').SelectMany(Numbers).Take(2))];

    /// <summary>Of a range, <c>2-5</c>, or a single one.</summary>
    private static IEnumerable<int> Numbers(string range)
    {
        var ends = Array.ConvertAll(range.Split('-'), static number => int.Parse(number, CultureInfo.InvariantCulture));
        return Enumerable.Range(ends[0], ends[^1] - ends[0] + 1);
    }

    private static async Task AskAsync(GatewayProcess gateway, Tenant app, CancellationToken ending)
    {
        while (!ending.IsCancellationRequested)
            await gateway.Client.TextAsync(app.Url("/spins"));
    }
}
