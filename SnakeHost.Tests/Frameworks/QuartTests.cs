using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

public sealed class QuartTests(SharedGateways gateways)
{
    [Theory, MemberData(nameof(InstalledPythons.WithModule), "quart", MemberType = typeof(InstalledPythons))]
    public async Task BeforeServing_RunsOncePerTenant(string python)
    {
        var pair = await PairAsync(python);

        // JSON ends with a line break in newer versions.
        Assert.Equal("[\"started red\"]", (await pair.TextAsync(pair.Red, "/seen")).TrimEnd());
        Assert.Equal("[\"started blue\"]", (await pair.TextAsync(pair.Blue, "/seen")).TrimEnd());
    }

    [Theory, MemberData(nameof(InstalledPythons.WithModule), "quart", MemberType = typeof(InstalledPythons))]
    public async Task ABackgroundTask_RunsInItsTenant(string python) =>
        await BackgroundTasks.RunInTheirTenantAsync(await PairAsync(python));

    private async Task<TenantPair> PairAsync(string python) => (await gateways.ForAsync(python)).PairOf(Fixtures.Find("Frameworks", "quart"));
}
