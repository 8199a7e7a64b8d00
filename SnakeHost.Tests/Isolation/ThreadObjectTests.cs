using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Isolation;

/// <summary>What <c>threading.current_thread()</c> gives an app is that app's generation's own.</summary>
public sealed class ThreadObjectTests
{
    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task ItIsNotFoundByTheNextAppOnAThreadOfTheSameId(string python)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root });
        const string Code =
            """
            import threading

            def answer(path):
                thread = threading.current_thread()
                found = getattr(thread, "secret", "")
                thread.secret = __file__
                return f"{threading.get_ident()} {found}"
            """;
        var seen = new HashSet<string>();
        // The system gives a thread the id of one that has ended, sooner or later.
        for (var time = 0; time < 30; time++)
        {
            var tenant = tenants.Add($"app{time}", ("main.py", PythonApps.Answering(Code)));
            var answer = (await gateway.Client.TextAsync(tenant.Url("/"))).Split(' ');
            Assert.Equal("", answer[1]);
            if (!seen.Add(answer[0]))
                return;
            using var evicted = await gateway.Admin!.EvictAsync(tenant.Name);
            await Eventually.Async(async () => Assert.Null(await gateway.Admin!.FindAsync(tenant.Directory)));
        }

        Assert.Fail("No id came twice.");
    }
}
