using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Asgi;

/// <summary>Which event loop an app runs on.</summary>
public sealed class EventLoopTests(SharedGateways gateways)
{
    private const string App =
        """
        import asyncio

        async def app(scope, receive, send):
            if scope["type"] != "http":
                raise NotImplementedError
            await asyncio.sleep(0)
            await send({"type": "http.response.start", "status": 200})
            await send({"type": "http.response.body", "body": type(asyncio.get_running_loop()).__module__.split(".")[0].encode()})
        """;

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.Gateway, "Event loop", "uvloop where the app's environment has it, else asyncio's own")]
    public async Task TheLoop_IsUvloopWhereItIsInstalled(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);

        Assert.Equal(InstalledPythons.CanImport(python, "uvloop") ? "uvloop" : "asyncio", await app.TextAsync());
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.Gateway, "Event loop", "uvloop is looked for in the app's own environment")]
    public async Task TheLoop_IsTheAppsOwn(string python)
    {
        // A module of this name in the app's folder is what its `import uvloop` finds, too.
        var app = await ServedApp.OfAsync(gateways, python, App,
            ("uvloop.py", "import asyncio\n\nclass Loop(asyncio.SelectorEventLoop):\n    pass\n\ndef new_event_loop():\n    return Loop()\n"));

        Assert.Equal("uvloop", await app.TextAsync());
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.Gateway, "Event loop", "A request is a task, of the app's task factory if it has set one; from Python 3.12 on it begins at once, and its stack can be seen all the same")]
    public async Task ARequest_IsATask_ThatBeginsAtOnceWhereItCan(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            import asyncio, os, sys, time

            class Made(asyncio.Task):
                pass

            def begins_at_once():
                frame = sys._getframe()
                while frame is not None and frame.f_code.co_name != "drain":
                    frame = frame.f_back
                return frame is not None

            def blocks():
                while not os.path.exists("go"):
                    time.sleep(0.01)

            async def app(scope, receive, send):
                if scope["type"] != "http":
                    raise NotImplementedError
                task = asyncio.current_task()
                can = sys.version_info >= (3, 12) and type(task) is asyncio.Task
                body = f"{type(task).__name__} {begins_at_once() == can} {task in asyncio.all_tasks()}"
                if scope["path"] == "/blocks":
                    blocks()
                if scope["path"] == "/factory":
                    asyncio.get_running_loop().set_task_factory(lambda loop, coroutine, **more: Made(coroutine, loop=loop, **more))
                await send({"type": "http.response.start", "status": 200})
                await send({"type": "http.response.body", "body": body.encode()})
            """);

        Assert.Equal("Task True True", await app.TextAsync());

        var blocked = app.TextAsync("/blocks");
        var requests = new Uri($"http://localhost/api/tenants/{app.Tenant.Name}/requests");
        await Eventually.Async(async () => Assert.Contains("\"blocks\"", await app.Gateway.Process.Admin!.Client.TextAsync(requests), StringComparison.Ordinal));
        app.Tenant.Write("go", "");
        Assert.Equal("Task True True", await blocked);

        Assert.Equal("Task True True", await app.TextAsync("/factory"));
        Assert.Equal("Made True True", await app.TextAsync());
    }
}
