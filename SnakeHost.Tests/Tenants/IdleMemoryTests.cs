using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Tenants;

/// <summary>A gateway that rests keeps no garbage: what neither collector would look at before there is much more of it.</summary>
public sealed class IdleMemoryTests
{
    [Fact]
    public async Task WhenNobodyAsks_BothCollectorsRun()
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = tenants.Root });
        var app = tenants.Add("app", ("main.py", PythonApps.Answering(
            """
            import gc, os, weakref
            import clr
            from System import GC
            class Thing: pass
            mark = os.path.abspath("collected")
            def collected(): open(mark, "w").close()
            def answer(path):
                if path == "/leave":
                    thing = Thing()
                    thing.itself = thing
                    gc.collect()  # old from now on
                    weakref.finalize(thing, collected)
                return GC.CollectionCount(2)
            """)));
        var before = int.Parse(await gateway.Client.TextAsync(app.Url("/leave")), System.Globalization.CultureInfo.InvariantCulture);

        await Eventually.Async(
            () =>
            {
                Assert.True(File.Exists(Path.Combine(app.Directory, "collected")), gateway.Describe());
                return Task.CompletedTask;
            },
            TimeSpan.FromSeconds(60));

        Assert.True(int.Parse(await gateway.Client.TextAsync(app.Url("/")), System.Globalization.CultureInfo.InvariantCulture) > before);
    }
}
