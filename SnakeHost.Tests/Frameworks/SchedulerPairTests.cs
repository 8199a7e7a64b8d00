using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>APScheduler as its guide starts it: when the module is imported, on a thread, and with the lifespan, on the loop.</summary>
public sealed class SchedulerPairTests(SharedGateways gateways)
{
    // Each load adds its mark to the file; nothing shuts the scheduler down.
    private const string Background =
        """
        from apscheduler.schedulers.background import BackgroundScheduler

        import version
        from identity import NAME


        def beat():
            with open("beats.txt", "a") as file:
                file.write(f"{version.tell()}\n")


        scheduler = BackgroundScheduler()
        scheduler.add_job(beat, "interval", seconds=0.1, id="beat")
        scheduler.start()


        def answer(path):
            return version.tell() if path == "/version" else scheduler.get_job("beat").func.__module__ + NAME
        """;

    private const string OnTheLoop =
        """
        import contextlib

        from apscheduler.schedulers.asyncio import AsyncIOScheduler
        from starlette.applications import Starlette
        from starlette.responses import PlainTextResponse
        from starlette.routing import Route

        import version
        from identity import NAME


        async def beat():
            with open("beats.txt", "a") as file:
                file.write(f"{version.tell()}\n")


        @contextlib.asynccontextmanager
        async def lifespan(app):
            scheduler = AsyncIOScheduler()
            scheduler.add_job(beat, "interval", seconds=0.1, id="beat")
            scheduler.start()
            yield {"scheduler": scheduler}
            scheduler.shutdown()


        async def show(request):
            return PlainTextResponse(request.state.scheduler.get_job("beat").func.__module__ + NAME)


        app = Starlette(lifespan=lifespan, routes=[Route("/version", lambda request: PlainTextResponse(version.tell())), Route("/", show)])
        """;

    public static TheoryData<string> WithApScheduler => InstalledPythons.WithModule("apscheduler");

    public static TheoryData<string> WithStarlette => InstalledPythons.WithModule("apscheduler, starlette");

    [Theory, MemberData(nameof(WithApScheduler))]
    [Framework("APScheduler", "apscheduler")]
    public Task OnAThread_ItRunsEachTenantsJobs_AndEndsWithASave(string python) => BeatAsync(python, PythonApps.Answering(Background));

    [Theory, MemberData(nameof(WithStarlette))]
    [Framework("APScheduler", "apscheduler")]
    public Task OnTheLoop_ItRunsEachTenantsJobs_AndEndsWithASave(string python) => BeatAsync(python, OnTheLoop);

    private async Task BeatAsync(string python, string main)
    {
        var pair = await SavedPair.OfAsync(gateways, python, main);

        await SavedPair.UseAsync(pair, async (tenant, name) =>
        {
            Assert.Equal($"main{name}", await pair.TextAsync(tenant));
            var version = await pair.TextAsync(tenant, "/version");
            // None but the current load's: what was loaded before has come to its end.
            await Eventually.Async(() =>
            {
                var beats = Path.Combine(tenant.Directory, "beats.txt");
                Assert.True(File.Exists(beats));
                Assert.Equal(Enumerable.Repeat(version, 5), File.ReadLines(beats).Reverse().Take(5));
                return Task.CompletedTask;
            });
        });
    }
}
