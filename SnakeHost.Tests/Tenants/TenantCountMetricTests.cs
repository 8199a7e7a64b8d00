using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using SnakeHost.Gateway.Telemetry;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Tests.Tenants;

/// <summary>The number of tenants is the process's: nothing else may make tenants meanwhile.</summary>
[CollectionDefinition(nameof(TenantCountMetricTests), DisableParallelization = true)]
[Collection(nameof(TenantCountMetricTests))]
public sealed class TenantCountMetricTests
{
    [Fact]
    public async Task TenantsAreCountedByState()
    {
        var counts = new ConcurrentDictionary<string, long>();
        // Made before the listener hears of it: while it is being made, nobody can tell it by its field.
        var tenants = SnakeHostTelemetry.Tenants;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (ReferenceEquals(instrument, tenants))
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => counts.AddOrUpdate((string)tags[0].Value!, value, (_, sum) => sum + value));
        listener.Start();

        await using var fixture = new TenantFixture();
        var request = fixture.AcquireAsync();
        var load = await fixture.Loader.NextAsync();
        Assert.Equal(1, counts["loading"]);
        load.Succeed();
        var tenant = (await request).Tenant;
        var reload = fixture.Registry.ReloadAsync(tenant, ReloadReason.Manual, TenantFixture.Cancel);
        load = await fixture.Loader.NextAsync();
        Assert.Equal((0, 0, 1), (counts["loading"], counts["ready"], counts["reloading"]));
        load.Fail(TenantFixture.Broken());
        await reload;
        Assert.Equal((0, 1), (counts["reloading"], counts["failed"]));

        await fixture.Registry.EvictAsync(tenant);

        Assert.All(counts.Values, count => Assert.Equal(0, count));
    }
}
