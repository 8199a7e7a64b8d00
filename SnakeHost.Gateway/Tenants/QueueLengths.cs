using System.Diagnostics.Metrics;
using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Gateway.Tenants;

/// <summary>The metric <c>snakehost.queue.length</c>: a tenant counts while it has a generation that answers.</summary>
internal static class QueueLengths
{
    public static void Observe(TenantRegistry registry) => SnakeHostTelemetry.ObserveQueues(() => Measure(registry));

    private static IEnumerable<Measurement<int>> Measure(TenantRegistry registry)
    {
        foreach (var tenant in registry.Tenants)
        {
            if (tenant.Current is { } generation)
                yield return new(generation.Application.QueueLength, new KeyValuePair<string, object?>(SnakeHostTelemetry.Attributes.Tenant, tenant.Id));
        }
    }
}
