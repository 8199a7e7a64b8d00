using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using SnakeHost.ServiceDefaults;

namespace Microsoft.Extensions.Hosting;

/// <summary>Traces, metrics and logs over OTLP.</summary>
public static class TelemetryExtensions
{
    private const int MostTenants = 256;

    private static readonly TimeSpan s_idle = TimeSpan.FromMinutes(10);

    private static readonly string[] s_sources = [TenantTelemetry.Source, "System.Net.Http"];

    /// <summary>Those of ASP.NET Core and .NET.</summary>
    internal static readonly string[] Meters =
        ["Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime"];

    /// <summary>
    /// Exports traces, metrics and logs to where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> points; the other <c>OTEL_*</c> variables of the
    /// OpenTelemetry specification apply. What carries the attribute <c>snakehost.tenant</c> goes out under that name. Without an endpoint
    /// nothing listens to a source or meter, and nothing is registered.
    /// </summary>
    /// <param name="isOneOfSeveral">Whether other processes measure the same tenants: their points must not be taken for this one's.</param>
    /// <returns>Whether traces are exported.</returns>
    /// <exception cref="TelemetrySettingsException">A variable has a value that cannot be used.</exception>
    public static bool ConfigureOpenTelemetry(this IHostApplicationBuilder builder, bool isOneOfSeveral = false)
    {
        var settings = new OtlpSettings(builder.Configuration);
        if (!settings.IsOn)
            return false;
        settings.Validate();
        var health = new ExportHealth(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] ?? "the collector", TimeProvider.System);
        if (settings.IsSignalOn(OtlpSettings.Logs))
            AddLogs(builder, settings, health);
        builder.Services.AddHostedService(services => new ExportHealthService(health, services.GetRequiredService<ILoggerFactory>()));
        Configure(builder.Services.AddOpenTelemetry(), builder, settings, health, isOneOfSeveral);
        return settings.IsSignalOn(OtlpSettings.Traces);
    }

    private static void AddLogs(IHostApplicationBuilder builder, OtlpSettings settings, ExportHealth health)
    {
        var process = new Lazy<Resource>(() => Describe(ResourceBuilder.CreateEmpty().AddTelemetrySdk(), builder).Build());
        builder.Logging.AddOpenTelemetry(logging =>
        {
            logging.IncludeFormattedMessage = true;
            logging.IncludeScopes = true;
            logging.AddProcessor(services => new TenantLogProcessor(
                new TenantExporter<LogRecord>(
                    TenantTelemetry.Of,
                    tenant => ResourceExporter.ForLogs(settings, TenantTelemetry.Resource(process.Value, tenant)),
                    result => health.Report(OtlpSettings.Logs, result),
                    MostTenants,
                    s_idle),
                services.GetRequiredService<IOptionsMonitor<BatchExportLogRecordProcessorOptions>>().CurrentValue,
                health));
        });
    }

    private static void Configure(IOpenTelemetryBuilder telemetry, IHostApplicationBuilder builder, OtlpSettings settings, ExportHealth health, bool isOneOfSeveral)
    {
        var process = Describe(ResourceBuilder.CreateEmpty().AddTelemetrySdk(), builder).Build();
        telemetry.ConfigureResource(resource => resource.Clear().AddAttributes(process.Attributes));
        if (settings.IsSignalOn(OtlpSettings.Traces))
        {
            telemetry.WithTracing(tracing => tracing.AddSource(s_sources).AddProcessor(services => new TenantSpanProcessor(
                new TenantExporter<System.Diagnostics.Activity>(
                    TenantTelemetry.Of,
                    tenant => ResourceExporter.ForSpans(settings, TenantTelemetry.Resource(process, tenant)),
                    result => health.Report(OtlpSettings.Traces, result),
                    MostTenants,
                    s_idle),
                services.GetRequiredService<IOptionsMonitor<BatchExportActivityProcessorOptions>>().CurrentValue,
                health)));
        }

        if (settings.IsSignalOn(OtlpSettings.Metrics))
        {
            var temporality = settings.WantsDelta ? MetricReaderTemporalityPreference.Delta : MetricReaderTemporalityPreference.Cumulative;
            var instance = isOneOfSeveral ? process.Attributes.FirstOrDefault(static attribute => attribute.Key == TenantTelemetry.Instance).Value as string : null;
            telemetry.WithMetrics(metrics => metrics.AddMeter(Meters).AddRoomForRoutes().AddReader(_ => new ReportingMetricReader(
                settings.Create(OtlpSettings.Metrics),
                new TenantMeters(
                    TenantTelemetry.Source,
                    tenant => new TenantMeter(
                        TenantTelemetry.Meter, TenantTelemetry.Resource(process, tenant), new OtlpMetricExporter(settings.Create(OtlpSettings.Metrics)), temporality, builder.Configuration, tenant is null ? null : instance),
                    s_idle),
                settings.MetricInterval,
                health)
            {
                TemporalityPreference = temporality,
            }));
        }
    }

    /// <summary>OTEL_SERVICE_NAME wins over OTEL_RESOURCE_ATTRIBUTES, and that over the application's own name, as the specification has it.</summary>
    private static ResourceBuilder Describe(ResourceBuilder resource, IHostApplicationBuilder builder)
    {
        resource.AddService(builder.Environment.ApplicationName, autoGenerateServiceInstanceId: false);
        foreach (var pair in (builder.Configuration["OTEL_RESOURCE_ATTRIBUTES"] ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (pair.Split('=', 2) is [var key, var value] && key.Trim().Length > 0)
                resource.AddAttributes([new(key.Trim(), Uri.UnescapeDataString(value.Trim()))]);
        }

        if (builder.Configuration["OTEL_SERVICE_NAME"] is { Length: > 0 } name)
            resource.AddAttributes([new("service.name", name)]);
        return resource;
    }
}
