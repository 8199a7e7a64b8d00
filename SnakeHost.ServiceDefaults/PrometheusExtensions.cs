using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using SnakeHost.ServiceDefaults;

namespace Microsoft.Extensions.Hosting;

/// <summary>The metrics for Prometheus to fetch. Whose they are is a label: there is one page for all tenants.</summary>
public static class PrometheusExtensions
{
    /// <summary>Measures what the page of <see cref="MapPrometheus"/> tells, from the start of this server on.</summary>
    public static IServiceCollection AddPrometheus(this IServiceCollection services)
    {
        services.AddOpenTelemetry()
            // The OTEL_ variables win over the name.
            .ConfigureResource(static resource => resource.Clear().AddTelemetrySdk().AddService("SnakeHost.Gateway", autoGenerateServiceInstanceId: false).AddEnvironmentVariableDetector())
            .WithMetrics(static metrics => metrics.AddMeter([TenantTelemetry.Source, .. TelemetryExtensions.Meters]).AddRoomForRoutes().AddPrometheusExporter());
        return services;
    }

    /// <summary>The page, in Prometheus' text format or, for who accepts it, OpenMetrics.</summary>
    public static void MapPrometheus(this IEndpointRouteBuilder endpoints, string path) => endpoints.MapPrometheusScrapingEndpoint(path);
}
