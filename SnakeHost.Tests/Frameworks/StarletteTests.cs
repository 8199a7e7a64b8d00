using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

public sealed class StarletteTests(SharedGateways gateways)
{
    public static TheoryData<string> Interpreters => InstalledPythons.WithModule("starlette, " + FrameworkCases.Multipart);

    [Theory, MemberData(nameof(Interpreters))]
    public async Task TheLifespan_StartsOncePerTenant(string python)
    {
        var pair = await PairAsync(python);

        await pair.EachAnswersAsync("/seen", name => $"[\"started {name}\"]");
        await pair.EachAnswersAsync("/seen", name => $"[\"started {name}\"]");
    }

    [Theory, MemberData(nameof(Interpreters))]
    public async Task ABackgroundTask_RunsInItsTenant(string python) =>
        await BackgroundTasks.RunInTheirTenantAsync(await PairAsync(python));

    [Theory, MemberData(nameof(Interpreters))]
    public async Task TheThreadpool_KnowsTheTenant(string python)
    {
        var pair = await PairAsync(python);

        await pair.AnswersAreNeverMixedUpAsync(_ => "/threadpool", (name, _) => name, requests: 60);
    }

    [Theory, MemberData(nameof(Interpreters))]
    public async Task UrlsOfAMountedApp_NameTheHostThatWasAsked(string python)
    {
        var pair = await PairAsync(python);

        foreach (var tenant in new[] { pair.Red, pair.Blue })
            Assert.Equal($"/mounted http://{tenant.Host}/mounted/inner", await pair.TextAsync(tenant, "/mounted/inner"));
    }

    private async Task<TenantPair> PairAsync(string python) => (await gateways.ForAsync(python)).PairOf(Fixtures.Find("Frameworks", "starlette"));
}
