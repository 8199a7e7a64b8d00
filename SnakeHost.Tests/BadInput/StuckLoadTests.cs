using System.Net;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.BadInput;

/// <summary>Apps whose import never ends and cannot be interrupted.</summary>
public sealed class StuckLoadTests
{
    [Fact]
    public async Task OfAnApp_FourStayBehind_AndNoFifthIsBegun()
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new()
        {
            Root = tenants.Root,
            Arguments = ["--start-timeout", "200ms", "--SnakeHost:Tenants:FailureCacheDuration=1ms"],
        });
        var tenant = tenants.Add("stuck", ("main.py",
            """
            import pathlib, time

            pathlib.Path(f"attempt-{time.monotonic_ns()}").touch()
            time.sleep(1_000_000)
            """));

        int Begun() => Directory.GetFiles(tenant.Directory, "attempt-*").Length;

        // On a busy machine the time may be over before the app has begun. Nothing stays behind then.
        for (var further = 0; further < 4; further += Begun() < 4 ? 0 : 1)
        {
            using var response = await gateway.Client.GetAsync(tenant.Url("/"), TestContext.Current.CancellationToken);
            Assert.True((int)response.StatusCode >= (int)HttpStatusCode.InternalServerError);
            // The failure is remembered for a moment.
            await gateway.Admin!.TenantsAsync();
        }

        Assert.Equal(4, Begun());
        // Those that have begun stay; others, given up before, end.
        await Eventually.Async(() =>
        {
            Assert.Equal(4, Said("is given up after") - Said("that was given up ended"));
            return Task.CompletedTask;
        });

        int Said(string words) => gateway.Output.All.Count(line => line.Contains(words, StringComparison.Ordinal));
    }
}
