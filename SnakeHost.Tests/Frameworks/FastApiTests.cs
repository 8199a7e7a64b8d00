using System.Net;
using System.Net.Http.Json;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

public sealed class FastApiTests(SharedGateways gateways)
{
    public static TheoryData<string> Interpreters => InstalledPythons.WithModule("fastapi, " + FrameworkCases.Multipart);

    [Theory, MemberData(nameof(Interpreters))]
    [Framework("FastAPI", "fastapi")]
    [Framework("pydantic", "pydantic")]
    public async Task Dependencies_AreInjectedAndClosed(string python)
    {
        var pair = await PairAsync(python);

        foreach (var (tenant, name) in new[] { (pair.Red, "red"), (pair.Blue, "blue") })
        {
            using var response = await pair.Client.PostAsJsonAsync(tenant.Url("/order"), new { colour = "teal", amount = 21 }, TestContext.Current.CancellationToken);
            Assert.Equal($$"""{"owner":"{{name}}","open":true,"total":42}""", await response.TextAsync(HttpStatusCode.OK));
            // The framework closes them after it has answered.
            await Eventually.Async(async () => Assert.Equal($"[\"closed by {name}\"]", await pair.TextAsync(tenant, "/seen")));
        }
    }

    [Theory, MemberData(nameof(Interpreters))]
    public async Task AModelThatDoesNotFit_IsRefusedByTheTenantsSchema(string python)
    {
        var pair = await PairAsync(python);

        using var response = await pair.Client.PostAsJsonAsync(pair.Red.Url("/order"), new { colour = "teal", amount = "many" }, TestContext.Current.CancellationToken);
        Assert.Contains("amount", await response.TextAsync(HttpStatusCode.UnprocessableEntity), StringComparison.Ordinal);
        var schema = await pair.Client.JsonAsync(pair.Blue.Url("/openapi.json"));
        Assert.Equal("blue", schema.GetProperty("info").GetProperty("title").GetString());
    }

    [Theory, MemberData(nameof(Interpreters))]
    public async Task PlainFunctions_RunOnThreadsThatKnowTheTenant(string python)
    {
        var pair = await PairAsync(python);

        await pair.AnswersAreNeverMixedUpAsync(_ => "/sync", (name, _) => $$"""{"owner":"{{name}}","lazy":"{{name}}"}""", requests: 60);
    }

    [Theory, MemberData(nameof(Interpreters))]
    public async Task ABackgroundTask_RunsInItsTenant(string python) =>
        await BackgroundTasks.RunInTheirTenantAsync(await PairAsync(python));

    private async Task<TenantPair> PairAsync(string python) => (await gateways.ForAsync(python)).PairOf(Fixtures.Find("Frameworks", "fastapi"));
}
