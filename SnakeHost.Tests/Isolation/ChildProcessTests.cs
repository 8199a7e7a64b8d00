using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Isolation;

/// <summary>Processes that apps start and leave running: they end with their generation, and none outlives the gateway.</summary>
public sealed class ChildProcessTests
{
    /// <summary>A tenant each; <c>answer</c> gives the ids of its children.</summary>
    private static readonly (string Name, string Code)[] s_parents =
    [
        ("executor",
            """
            from concurrent.futures import ProcessPoolExecutor
            import os
            def task(_): return os.getpid()
            pool = ProcessPoolExecutor(2)
            def answer(path): return sorted({pool.submit(task, 1).result() for _ in range(6)})
            """),
        ("spawning-executor",
            """
            from concurrent.futures import ProcessPoolExecutor
            import multiprocessing, os
            pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
            def answer(path): return pool.submit(os.getpid).result()
            """),
        ("busy-executor",
            """
            from concurrent.futures import ProcessPoolExecutor
            import os, time
            pool = ProcessPoolExecutor(1)
            def answer(path):
                id = pool.submit(os.getpid).result()
                pool.submit(time.sleep, 3600)
                return id
            """),
        ("pool",
            """
            import multiprocessing, os
            def task(_): return os.getpid()
            pool = multiprocessing.get_context("fork").Pool(2)
            def answer(path): return sorted(set(pool.map(task, range(6))))
            """),
        ("manager",
            """
            import multiprocessing
            manager = multiprocessing.get_context("fork").Manager()
            shared = manager.dict()
            def answer(path):
                shared["x"] = 1
                return manager._process.pid
            """),
        ("forked",
            """
            import multiprocessing, os, time
            context = multiprocessing.get_context("fork")
            children = [context.Process(target=time.sleep, args=(3600,), daemon=daemon) for daemon in (False, True)]
            for child in children: child.start()
            raw = os.fork()
            if raw == 0:
                time.sleep(3600)
                os._exit(0)
            def answer(path): return [*(child.pid for child in children), raw]
            """),
        ("fork-server",
            """
            import multiprocessing, time
            from multiprocessing import forkserver
            context = multiprocessing.get_context("forkserver")
            child = None
            def answer(path):
                global child
                child = child or context.Process(target=time.sleep, args=(3600,), daemon=True)
                if child.pid is None: child.start()
                return child.pid
            """),
        ("command",
            """
            import os, signal, subprocess
            stubborn = subprocess.Popen(["sh", "-c", "trap '' TERM; echo; while :; do read x; done"], stdout=subprocess.PIPE, stdin=subprocess.PIPE)
            stubborn.stdout.readline()
            child = subprocess.Popen(["sleep", "3600"])
            group = subprocess.Popen(["sh", "-c", "sleep 3600; true"], preexec_fn=os.setpgrp)
            spawned = os.posix_spawn("/bin/sleep", ["sleep", "3600"], {})
            def answer(path): return stubborn.pid, child.pid, group.pid, spawned
            """),
    ];

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task Children_EndWithTheirGeneration_AndWithTheGateway(string python)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root, Arguments = ["--SnakeHost:Reload:Grace=1s"] });
        var apps = s_parents.Select(parent => tenants.Add(parent.Name, ("main.py", PythonApps.Answering(parent.Code)))).ToArray();
        var first = await ChildrenAsync(gateway, apps);
        Assert.All(first, static id => Assert.True(ProcFiles.Runs(id)));

        foreach (var app in apps)
            (await gateway.Admin!.Client.PostAsync(new Uri($"http://localhost/api/tenants/{app.Name}/reload"), null, TestContext.Current.CancellationToken)).Dispose();
        await EndedAsync(first, gateway);
        var second = await ChildrenAsync(gateway, apps);
        Assert.All(second, static id => Assert.True(ProcFiles.Runs(id)));

        await gateway.StopAsync();
        await EndedAsync(second, gateway);
        Assert.DoesNotContain("did not return", gateway.Describe(), StringComparison.Ordinal);
        Assert.DoesNotContain("Traceback", gateway.Describe(), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task AChildWithASessionOfItsOwn_Stays(string python)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root });
        var tenant = tenants.Add("app", ("main.py", PythonApps.Answering(
            """
            import subprocess
            child = subprocess.Popen(["sleep", "3600"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
            def answer(path): return child.pid
            """)));
        using var child = System.Diagnostics.Process.GetProcessById(Assert.Single(await ChildrenAsync(gateway, tenant)));
        try
        {
            await gateway.StopAsync();
            Assert.True(ProcFiles.Runs(child.Id));
        }
        finally
        {
            child.Kill();
        }
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task AfterTwelveSaves_ThereAreAsManyThreadsAndDescriptors_AsAfterThree(string python)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root });
        const string Code =
            """
            import asyncio, os
            from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
            processes, threads = ProcessPoolExecutor(1), ThreadPoolExecutor(2)
            async def app(scope, receive, send):
                if scope["type"] == "lifespan":
                    while True:
                        message = await receive()
                        await send({"type": message["type"] + ".complete"})
                        if message["type"] == "lifespan.shutdown":
                            return
                loop = asyncio.get_running_loop()
                await asyncio.to_thread(os.getpid)
                await asyncio.wrap_future(threads.submit(os.getpid))
                worker = await loop.run_in_executor(processes, os.getpid)
                await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
                await send({"type": "http.response.body", "body": f"VERSION {worker}".encode()})
            """;
        var tenant = tenants.Add("app", ("main.py", Code));
        var workers = new List<int>();
        var (threads, descriptors) = (0, 0);
        for (var save = 1; save <= 12; save++)
        {
            tenant.Write("main.py", Code.Replace("VERSION", $"{save}", StringComparison.Ordinal));
            var answer = ProcFiles.Ids(await gateway.Client.TextAsync(tenant.Url("/")));
            Assert.Equal(save, answer[0]);
            await EndedAsync(workers, gateway);
            workers = [answer[1]];
            if (save == 3)
            {
                await OldOnesEndedAsync();
                (threads, descriptors) = (AppThreads(), ProcFiles.Descriptors(gateway.Id));
            }
        }

        await OldOnesEndedAsync();
        await Eventually.Async(() =>
        {
            Assert.InRange(AppThreads(), 0, threads);
            // The client's connections are no part of it.
            Assert.InRange(ProcFiles.Descriptors(gateway.Id), 0, descriptors + 2);
            return Task.CompletedTask;
        });

        // .NET's own threads come and go.
        int AppThreads() => ProcFiles.ThreadNames(gateway.Id).Count(static name => !name.StartsWith(".NET", StringComparison.Ordinal));

        Task OldOnesEndedAsync() => Eventually.Async(() =>
        {
            // A thread has the name of the one that has started it.
            Assert.Single(ProcFiles.ThreadNames(gateway.Id).Where(static name => name.StartsWith("app#", StringComparison.Ordinal)).Distinct());
            return Task.CompletedTask;
        });
    }

    private static async Task<IReadOnlyList<int>> ChildrenAsync(GatewayProcess gateway, params Tenant[] apps)
    {
        var ids = new List<int>();
        foreach (var app in apps)
            ids.AddRange(ProcFiles.Ids(await gateway.Client.TextAsync(app.Url("/"))));
        return ids;
    }

    private static Task EndedAsync(IReadOnlyList<int> processes, GatewayProcess gateway) => Eventually.Async(() =>
    {
        var left = processes.Where(ProcFiles.Runs).ToArray();
        Assert.True(left.Length == 0, $"{string.Join(", ", left)} run. {gateway.Describe()}");
        return Task.CompletedTask;
    });
}
