using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using SnakeHost.ServiceDefaults;

namespace Microsoft.Extensions.Hosting;

/// <summary>Traces, metrics and logs over OTLP.</summary>
public static class TelemetryExtensions
{
    private static readonly string[] Sources = ["SnakeHost", "Microsoft.AspNetCore", "System.Net.Http"];

    private static readonly string[] Meters =
        ["SnakeHost", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime"];

    /// <summary>
    /// Exports traces, metrics and logs to where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> points; the other <c>OTEL_*</c> variables of the
    /// OpenTelemetry specification apply. Without it nothing listens to a source or meter, and nothing is registered.
    /// </summary>
    public static TBuilder ConfigureOpenTelemetry<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        if (string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
            return builder;

        // ASP.NET Core fills in a server span's http.* and url.* attributes itself, if it is let.
        AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", false);
        builder.Logging.AddOpenTelemetry(logging =>
        {
            logging.IncludeFormattedMessage = true;
            logging.IncludeScopes = true;
            logging.SetResourceBuilder(Describe(ResourceBuilder.CreateDefault(), builder));
            logging.AddOtlpExporter();
        });
        builder.AddTelemetry(telemetry => Configure(telemetry, builder));
        return builder;
    }

    private static void Configure(IOpenTelemetryBuilder telemetry, IHostApplicationBuilder builder)
    {
        telemetry
            .ConfigureResource(resource => Describe(resource, builder))
            .WithTracing(tracing => tracing.AddSource(Sources).AddOtlpExporter())
            .WithMetrics(metrics => metrics.AddMeter(Meters).AddOtlpExporter());
    }

    /// <summary>OTEL_SERVICE_NAME, which the default resource reads, wins over the application's own name.</summary>
    private static ResourceBuilder Describe(ResourceBuilder resource, IHostApplicationBuilder builder) =>
        builder.Configuration["OTEL_SERVICE_NAME"] is { Length: > 0 } name
            ? resource.AddService(name, autoGenerateServiceInstanceId: false)
            : resource.AddService(builder.Environment.ApplicationName, autoGenerateServiceInstanceId: false);
}
