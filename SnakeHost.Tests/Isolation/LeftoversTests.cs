using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Isolation;

/// <summary>
/// What <c>multiprocessing</c> has in the file system: named semaphores, shared memory, directories and the sockets in them. CPython leaves none of it at a process's end, whatever the app has
/// forgotten and whoever of its workers was killed; nor does a generation's end, or the gateway's.
/// </summary>
public sealed class LeftoversTests
{
    /// <summary>Of each kind of thing one or more, made when it is asked; also by a worker that never ends by itself.</summary>
    private const string Code =
        """
        import multiprocessing, os
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing.connection import Listener
        from multiprocessing.managers import SharedMemoryManager
        from multiprocessing.shared_memory import SharedMemory
        from worker import hold

        NAME = os.environ["NAME"]
        # Workers have their parent's.
        multiprocessing.current_process()._config["semprefix"] = "/mp-" + NAME
        kept = []

        def block(name):
            name = f"{NAME}-{os.getpid()}-{len(kept)}-{name}"
            kept.append(SharedMemory(name, create=True, size=16))
            return name

        def make(method):
            context = multiprocessing.get_context(method)
            pool, executor, manager = context.Pool(1), ProcessPoolExecutor(1, mp_context=context), context.Manager()
            memory = SharedMemoryManager(ctx=context)
            memory.start()
            anonymous, queue = memory.SharedMemory(16), context.SimpleQueue()
            worker = context.Process(target=hold, args=(method, queue), daemon=True)
            worker.start()
            kept.extend([
                pool, executor, manager, memory, queue, worker, manager.dict(), anonymous,
                context.Lock(), context.Event(), context.Barrier(2), context.Queue(), Listener(family="AF_UNIX")])
            executor.submit(os.getpid).result(), pool.apply(os.getpid)
            return block(method), queue.get(), anonymous.name.lstrip("/")

        def answer(path):
            return " ".join(name for method in path.strip("/").split("-") if method for name in make(method))
        """;

    private const string Worker =
        """
        import multiprocessing, os, time
        from multiprocessing.shared_memory import SharedMemory

        def hold(method, queue):
            name = f"{os.environ['NAME']}-{os.getpid()}-worker"
            mine = multiprocessing.get_context("spawn").Lock(), SharedMemory(name, create=True, size=16)
            queue.put(name)
            time.sleep(3600)
        """;

    /// <summary>With no worker that could outlive the gateway, as those of any Python program do when it is killed.</summary>
    private const string CodeWithoutWorkers =
        """
        import multiprocessing, os
        from multiprocessing.shared_memory import SharedMemory
        NAME = os.environ["NAME"]
        multiprocessing.current_process()._config["semprefix"] = "/mp-" + NAME
        kept = []
        def answer(path):
            context = multiprocessing.get_context("spawn")
            kept.extend([context.Lock(), context.Queue(), SharedMemory(f"{NAME}-killed", create=True, size=16)])
            return kept[-1].name.lstrip("/")
        """;

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task OfAGeneration_NothingIsLeft_AfterAReload_AnEviction_AndTheGatewaysEnd(string python)
    {
        using var tenants = new TenantFolder();
        using var temporary = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root, Arguments = ["--SnakeHost:Reload:Grace=1s"] });
        var left = new Leftovers(temporary.Root, gateway);
        var app = tenants.Add("app", ("main.py", PythonApps.Answering(Code)), ("worker.py", Worker), (".env", $"NAME={left.Name}\nTMPDIR={temporary.Root}\n"));
        foreach (var end in (Func<Task>[])[() => PostAsync("reload"), () => PostAsync("evict"), gateway.StopAsync])
        {
            var blocks = (await gateway.Client.TextAsync(app.Url("/fork-spawn-forkserver"))).Split(' ');
            Assert.Equal(9, blocks.Length);
            Assert.All(blocks, block => Assert.Contains(block, left.Find(blocks)));
            Assert.Contains(left.Find(), static name => name.StartsWith("sem.", StringComparison.Ordinal));
            Assert.Contains(left.Find(), static name => name.StartsWith("pymp-", StringComparison.Ordinal));
            await end();
            await left.GoAsync(blocks);
        }

        async Task PostAsync(string action)
        {
            using var response = await gateway.Admin!.Client.PostAsync(new Uri($"http://localhost/api/tenants/app/{action}"), null, TestContext.Current.CancellationToken);
            Assert.True(response.IsSuccessStatusCode, $"{action}: {response.StatusCode}");
        }
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task OfAGatewayThatIsKilled_SemaphoresAndSharedMemoryGo(string python)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root });
        var left = new Leftovers(tenants.Root, gateway);
        var app = tenants.Add("app", ("main.py", PythonApps.Answering(CodeWithoutWorkers)), (".env", $"NAME={left.Name}\n"));
        var block = await gateway.Client.TextAsync(app.Url("/"));
        Assert.Contains(block, left.Find());
        using (var process = System.Diagnostics.Process.GetProcessById(gateway.Id))
            process.Kill();
        await left.GoAsync();
    }

    /// <summary>Of one gateway's apps, which are told its name.</summary>
    private sealed class Leftovers(string temporary, GatewayProcess gateway)
    {
        public string Name => $"left{gateway.Id}";

        /// <param name="blocks">Names of shared memory that the apps could not choose.</param>
        public IReadOnlyList<string> Find(params string[] blocks) =>
        [
            .. Directory.EnumerateFiles("/dev/shm").Select(file => Path.GetFileName(file)).Where(name => name.Contains(Name, StringComparison.Ordinal) || blocks.Contains(name)),
            .. Directory.EnumerateDirectories(temporary, "pymp-*").Select(folder => Path.GetFileName(folder)),
        ];

        public Task GoAsync(params string[] blocks) => Eventually.Async(() =>
        {
            var found = Find(blocks);
            Assert.True(found.Count == 0, $"{string.Join(", ", found)} are left. {gateway.Describe()}");
            return Task.CompletedTask;
        });
    }
}
