using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;

namespace SnakeHost.ServiceDefaults;

/// <summary>The SDK's reader of metrics, whose end does not keep the process.</summary>
internal sealed class ReportingMetricReader(OtlpExporterOptions options, int interval, ExportHealth health)
    : PeriodicExportingMetricReader(new ReportingMetricExporter(options, health), interval)
{
    protected override bool OnShutdown(int timeoutMilliseconds) => base.OnShutdown(health.Patience(OtlpSettings.Metrics, timeoutMilliseconds));
}
