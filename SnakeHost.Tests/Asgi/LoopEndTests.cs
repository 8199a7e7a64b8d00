using System.Net;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Asgi;

/// <summary>Apps that do not let their event loop come to its end. It is ended all the same, with its thread.</summary>
public sealed class LoopEndTests
{
    private const string Start =
        """
        import asyncio, contextlib, threading

        async def app(scope, receive, send):
            if scope["type"] == "lifespan":
                return await lifespan(receive, send)
            await request()
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
            await send({"type": "http.response.body", "body": b"here"})

        async def request():
            pass

        async def lifespan(receive, send):
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})

        """;

    private const string HangingShutdown =
        """
        async def lifespan(receive, send):
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await asyncio.Event().wait()
        """;

    private static readonly (string Name, string Code, string? Line)[] s_endless =
    [
        ("waiting", HangingShutdown, "lifespan.shutdown did not complete within 1 s and is cancelled."),
        (
            "deaf-lifespan",
            """
            async def lifespan(receive, send):
                await receive()
                await send({"type": "lifespan.startup.complete"})
                while True:
                    with contextlib.suppress(asyncio.CancelledError):
                        await asyncio.Event().wait()
            """, "lifespan.shutdown did not complete within 1 s and is cancelled."),
        (
            "deaf-task",
            """
            tasks = []
            async def deaf():
                while True:
                    with contextlib.suppress(asyncio.CancelledError):
                        await asyncio.Event().wait()
            async def request():
                tasks.append(asyncio.create_task(deaf(), name="deaf"))
                await asyncio.sleep(0)
            """, "tasks of the app went on after they had been cancelled and are left: deaf (deaf)"),
        (
            "generator",
            """
            async def endless():
                try:
                    yield 1
                finally:
                    await asyncio.Event().wait()
            generators = []
            async def request():
                generators.append(endless())
                await anext(generators[-1])
            """, null),
        (
            "executor",
            """
            async def request():
                asyncio.get_running_loop().run_in_executor(None, threading.Event().wait)
            """, "threads that the app has started still run after its end: "),
    ];

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task WhatDoesNotEnd_IsCancelledAfterTheGrace_AndSaid(string python)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root, Arguments = ["--SnakeHost:Reload:Grace=1s"] });
        var apps = s_endless.Select(endless => tenants.Add(endless.Name, ("main.py", Start + endless.Code))).ToArray();
        foreach (var app in apps)
        {
            Assert.Equal("here", await gateway.Client.TextAsync(app.Url("/")));
            Assert.NotEqual(0, Threads(gateway, app));
        }

        foreach (var app in apps)
            app.Write("main.py", Start);
        foreach (var app in apps)
            Assert.Equal("here", await gateway.Client.TextAsync(app.Url("/")));

        foreach (var (name, _, line) in s_endless)
        {
            if (line is not null)
                await gateway.Output.WaitForAsync(text => text.Contains($"{name} stderr: ", StringComparison.Ordinal) && text.Contains(line, StringComparison.Ordinal), line);
        }

        await Eventually.Async(() =>
        {
            // A thread that hangs in the loop's executor stays, under a name of its own since Python 3.14: nobody can end it.
            Assert.All(apps.Where(app => app.Name != "executor"), app => Assert.Equal((app.Name, 0), (app.Name, Threads(gateway, app))));
            return Task.CompletedTask;
        });
        await gateway.StopAsync();
        Assert.DoesNotContain("disposing generation", gateway.Describe(), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task AStartupThatHangs_EndsWithItsLoad(string python)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root, Arguments = ["--start-timeout", "500ms"] });
        var tenant = tenants.Add("app");

        // On a busy machine the time may be over before the app has begun: that load tells nothing of the app's end.
        for (var attempt = 0; !File.Exists(Path.Join(tenant.Directory, "begun")); attempt++)
        {
            tenant.Write("main.py",
                $$"""
                # {{attempt}}
                import asyncio

                async def app(scope, receive, send):
                    try:
                        open("begun", "w").close()
                        await asyncio.Event().wait()
                    finally:
                        open("cancelled", "w").close()
                """);
            using var response = await gateway.Client.GetAsync(tenant.Url("/"), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        }

        await Eventually.Async(() =>
        {
            Assert.True(File.Exists(Path.Join(tenant.Directory, "cancelled")));
            Assert.Equal(0, Threads(gateway, tenant));
            return Task.CompletedTask;
        });
        await gateway.StopAsync();
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task CodeThatCannotBeInterrupted_IsNamedAsTheReason(string python)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root, Arguments = ["--SnakeHost:Reload:Grace=1ms"] });
        foreach (var kind in new[] { "wsgi", "asgi" })
        {
            var tenant = tenants.Add(kind, ("main.py", PythonApps.Answering(
                """
                import time
                def answer(path):
                    open("started", "w").close()
                    time.sleep(3600)
                """, kind)));
            _ = Record.ExceptionAsync(() => gateway.Client.GetAsync(tenant.Url("/"), TestContext.Current.CancellationToken)).AsTask();
            await Eventually.Async(() =>
            {
                Assert.True(File.Exists(Path.Join(tenant.Directory, "started")));
                return Task.CompletedTask;
            });
        }

        await gateway.StopAsync();

        Assert.Contains("Tenant wsgi: a thread of generation 1 is left behind: code that answers a request did not return within 5 s", gateway.Describe(), StringComparison.Ordinal);
        Assert.Contains("Tenant asgi: a thread of generation 1 is left behind: code that blocks its event loop did not return within 5 s", gateway.Describe(), StringComparison.Ordinal);
    }

    /// <summary>Those of the first generation: a thread that Python starts has the name of the one that starts it.</summary>
    private static int Threads(GatewayProcess gateway, Tenant app)
    {
        var name = app.Name + "#1";
        return ProcFiles.ThreadNames(gateway.Id).Count(thread => thread == name);
    }
}
