using OpenTelemetry.Metrics;

namespace SnakeHost.ServiceDefaults;

/// <summary>Room for the routes of all tenants, in metrics that are one for all.</summary>
internal static class RoutePoints
{
    /// <summary>The SDK's 2,000 would be some tenants'.</summary>
    private const int Most = 20_000;

    public static MeterProviderBuilder AddRoomForRoutes(this MeterProviderBuilder metrics) =>
        metrics
            .AddView("http.server.request.duration", new MetricStreamConfiguration { CardinalityLimit = Most })
            .AddView(TenantTelemetry.RequestDuration, new MetricStreamConfiguration { CardinalityLimit = Most });
}
