using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Reload;

/// <summary>What becomes of what is still under way in the old generation.</summary>
public sealed class OldGenerationTests
{
    private static readonly string[] s_shortGrace = ["--SnakeHost:Reload:Grace=1s"];

    private const string Streaming =
        """
        import asyncio

        async def app(scope, receive, send):
            if scope["type"] != "http":
                raise NotImplementedError
            await send({"type": "http.response.start", "status": 200, "headers": []})
            if scope["path"] == "/endless":
                await send({"type": "http.response.body", "body": b"begun\n", "more_body": True})
                await asyncio.Event().wait()
            await send({"type": "http.response.body", "body": b"VERSION"})
        """;

    [Fact]
    public async Task AStreamThatNeverEnds_IsEndedAfterTheGrace_AndHoldsUpNoNewRequest()
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = tenants.Root, Arguments = s_shortGrace });
        var tenant = tenants.Add("streams", ("main.py", Streaming.Replace("VERSION", "one", StringComparison.Ordinal)));
        using var stream = new StreamReader(await gateway.Client.GetStreamAsync(tenant.Url("/endless"), TestContext.Current.CancellationToken));
        Assert.Equal("begun", await stream.ReadLineAsync(TestContext.Current.CancellationToken));

        tenant.Write("main.py", Streaming.Replace("VERSION", "two", StringComparison.Ordinal));

        Assert.Equal("two", await gateway.Client.TextAsync(tenant.Url("/")));
        await Assert.ThrowsAnyAsync<IOException>(() => stream.ReadToEndAsync(TestContext.Current.CancellationToken));
        await gateway.StopAsync();
    }

    [Fact]
    public async Task AThreadThatTheAppLeavesRunning_IsNamed()
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = tenants.Root, Arguments = s_shortGrace });
        var tenant = tenants.Add("threads", ("main.py", PythonApps.Answering(
            """
            import threading
            threading.Thread(target=threading.Event().wait, daemon=True, name="left-behind").start()
            def answer(path): return "here"
            """)));
        Assert.Equal("here", await gateway.Client.TextAsync(tenant.Url("/")));

        using var response = await gateway.Admin!.Client.PostAsync(new Uri("http://localhost/api/tenants/threads/reload"), null, TestContext.Current.CancellationToken);

        await gateway.Output.WaitForLineAsync("threads stderr: snakehost: threads that the app has started still run after its end: left-behind");
        await gateway.StopAsync();
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task OfLoopsAndOfLoadsThatFailed_NoMoreIsLeft_ThanOfTheLastOnes(string python)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root });
        var saved = tenants.Add("saved");
        var counter = tenants.Add("counter", ("main.py", PythonApps.Answering(
            """
            import asyncio, gc
            def answer(path):
                things = gc.get_objects()
                loops = sum(1 for thing in things if isinstance(thing, asyncio.AbstractEventLoop) and thing.is_closed())
                return loops, sum(1 for thing in things if type(thing) is dict and "of a load that fails" in thing)
            """)));
        for (var save = 0; save < 12; save++)
        {
            saved.Write("main.py", PythonApps.Answering($"def answer(path): return {save}", "asgi"));
            Assert.Equal($"{save}", await gateway.Client.TextAsync(saved.Url("/")));
            saved.Write("main.py", $"def function(): pass\nglobals()['of a load that fails'] = {save}\nraise ValueError");
            using var failed = await gateway.Client.GetAsync(saved.Url("/"), TestContext.Current.CancellationToken);
            Assert.False(failed.IsSuccessStatusCode);
        }

        await Eventually.Async(async () =>
        {
            var left = ProcFiles.Ids(await gateway.Client.TextAsync(counter.Url("/")));
            Assert.InRange(left[0], 0, 2);
            Assert.InRange(left[1], 0, 2);
        });
    }
}
