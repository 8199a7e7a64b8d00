using Microsoft.Extensions.DependencyInjection;
using SnakeHost.ServiceDefaults;

namespace Microsoft.Extensions.Hosting;

/// <summary>What every service of the solution has: telemetry, health, and HTTP clients that find services and survive hiccups.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>Adds the defaults. Telemetry costs nothing unless an endpoint (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c>) is configured.</summary>
    /// <param name="builder">The service's.</param>
    /// <param name="httpClients">Whether the service calls others; without that its start takes some 20 ms less.</param>
    /// <exception cref="TelemetrySettingsException">A variable of OpenTelemetry has a value that cannot be used.</exception>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder, bool httpClients = true)
        where TBuilder : IHostApplicationBuilder
    {
        builder.ConfigureOpenTelemetry();
        builder.AddDefaultHealthChecks();
        if (!httpClients)
            return builder;
        builder.Services.AddServiceDiscovery();
        builder.Services.ConfigureHttpClientDefaults(http =>
        {
            http.AddStandardResilienceHandler();
            // Inside the resilience handler: a retry may find the service elsewhere.
            http.AddServiceDiscovery();
        });
        return builder;
    }
}
