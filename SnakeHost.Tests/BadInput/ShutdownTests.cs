using System.Net.Sockets;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.BadInput;

/// <summary>Apps that are still busy when the gateway is told to stop: it waits for the grace period, not longer, and exits in order.</summary>
public sealed class ShutdownTests
{
    /// <summary>The name of a tenant, and what stands in it before <c>answer(path)</c>.</summary>
    private static readonly (string Name, string Code)[] s_busy =
    [
        ("computing-thread",
            """
            import threading
            def work():
                while True: sum(range(1000))
            threading.Thread(target=work, daemon=True).start()
            """),
        ("waiting-thread",
            """
            import threading
            threading.Thread(target=threading.Event().wait).start()
            """),
        ("thread-pool",
            """
            import threading
            from concurrent.futures import ThreadPoolExecutor
            pool = ThreadPoolExecutor(2)
            pool.submit(threading.Event().wait)
            """),
        ("sleeping-thread",
            """
            import threading, time
            threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
            """),
        ("failing-exit",
            """
            import atexit
            @atexit.register
            def fail(): raise ValueError("at exit")
            """),
        ("child-process",
            """
            import subprocess, sys
            child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
            """),
    ];

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task WhateverTenantsLeaveRunning_TheGatewayExitsInOrder(string python)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await StartAsync(python, tenants);
        foreach (var (name, code) in s_busy)
        {
            foreach (var kind in new[] { "wsgi", "asgi" })
            {
                var tenant = tenants.Add($"{name}-{kind}", ("main.py", PythonApps.Answering(code + "\ndef answer(path): return 'busy'", kind)));
                Assert.Equal("busy", await gateway.Client.TextAsync(tenant.Url("/")));
            }
        }

        await gateway.StopAsync();
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task ARequestThatNeverEnds_IsCutAfterTheGracePeriod(string python)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await StartAsync(python, tenants);
        Tenant[] apps =
        [
            tenants.Add("endless-thread", ("main.py", PythonApps.Answering(
                """
                import threading
                def answer(path):
                    open("started", "w").close()
                    threading.Event().wait()
                """))),
            tenants.Add("endless-task", ("main.py",
                """
                import asyncio
                async def app(scope, receive, send):
                    if scope["type"] != "http":
                        raise NotImplementedError
                    open("started", "w").close()
                    await asyncio.Event().wait()
                """)),
        ];

        var requests = apps.Select(app => gateway.Client.GetAsync(app.Url("/"), TestContext.Current.CancellationToken)).ToList();
        foreach (var app in apps)
            await StartedAsync(app);

        await gateway.StopAsync();
        // It is cut, or told that the gateway goes; it is never an answer of the app.
        foreach (var request in requests)
            Assert.IsType<HttpRequestException>(await Record.ExceptionAsync(async () => (await request).EnsureSuccessStatusCode()));
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task ARequestUnderWay_IsAnsweredBeforeTheEnd(string python)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await StartAsync(python, tenants, grace: 30);
        var apps = new[] { "wsgi", "asgi" }.Select(kind => tenants.Add(kind, ("main.py", PythonApps.Answering(
            """
            import os, time
            def answer(path):
                open("started", "w").close()
                while not os.path.exists("go-on"):
                    time.sleep(0.01)
                return "to the end"
            """, kind)))).ToList();
        var requests = apps.Select(app => gateway.Client.TextAsync(app.Url("/"))).ToList();
        foreach (var app in apps)
            await StartedAsync(app);

        var stop = gateway.StopAsync();
        await Eventually.Async(() => RefusesAsync(gateway));
        foreach (var app in apps)
            app.Write("go-on", "");

        Assert.All(await Task.WhenAll(requests), answer => Assert.Equal("to the end", answer));
        await stop;
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task ALoadUnderWay_DoesNotHoldUpTheEnd(string python)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await StartAsync(python, tenants);
        var tenant = tenants.Add("loading", ("main.py", "open('started', 'w').close()\nimport threading\nthreading.Event().wait()\n"));
        var request = gateway.Client.GetAsync(tenant.Url("/"), TestContext.Current.CancellationToken);
        await StartedAsync(tenant);

        await gateway.StopAsync();
        var end = await Record.ExceptionAsync(async () => (await request).EnsureSuccessStatusCode());
        Assert.IsType<HttpRequestException>(end);
    }

    private static Task<GatewayProcess> StartAsync(string python, TenantFolder tenants, int grace = 1) =>
        GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root, Arguments = [$"--SnakeHost:Reload:Grace=00:00:{grace:00}"] });

    private static Task StartedAsync(Tenant tenant) => Eventually.Async(() =>
    {
        Assert.True(File.Exists(Path.Combine(tenant.Directory, "started")));
        return Task.CompletedTask;
    });

    /// <summary>A gateway that stops has closed its listener.</summary>
    private static async Task RefusesAsync(GatewayProcess gateway)
    {
        using var client = new TcpClient();
        Assert.IsType<SocketException>(await Record.ExceptionAsync(() => client.ConnectAsync(gateway.Address)));
    }
}
