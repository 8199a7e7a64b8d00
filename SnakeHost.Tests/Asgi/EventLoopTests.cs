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
}
