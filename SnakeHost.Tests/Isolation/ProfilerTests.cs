using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Isolation;

/// <summary>Python's own profilers and debuggers in an app, which hook into the interpreter.</summary>
public sealed class ProfilerTests(SharedGateways gateways)
{
    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task AnAppMayProfileItself(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            import cProfile, pstats, sys

            def work():
                return sum(len(str(n)) for n in range(100))

            def app(environ, start_response):
                profile = cProfile.Profile()
                profile.runcall(work)
                calls = [name for _, _, name in pstats.Stats(profile).stats]
                traced = []
                sys.settrace(lambda frame, event, argument: traced.append(frame.f_code.co_name))
                work()
                sys.settrace(None)
                start_response("200 OK", [("Content-Type", "text/plain")])
                return [f"{'work' in calls} {'work' in traced}".encode()]
            """);

        Assert.Equal("True True", await app.TextAsync());
        // Once more: by now every load and request of this gateway has come to an end that could leave something behind.
        Assert.Equal("True True", await app.TextAsync());
    }
}
