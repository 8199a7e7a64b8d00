using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;

namespace SnakeHost.ServiceDefaults;

/// <summary>The SDK's reader of metrics, whose end does not keep the process.</summary>
internal sealed class ReportingMetricReader : PeriodicExportingMetricReader
{
    private readonly Func<int, bool> _end;

    public ReportingMetricReader(OtlpExporterOptions options, TenantMeters tenants, int interval, ExportHealth health)
        : base(new ReportingMetricExporter(options, tenants, health), interval) =>
        _end = health.WithOthers(OtlpSettings.Metrics, base.OnShutdown);

    protected override bool OnShutdown(int timeoutMilliseconds) => _end(timeoutMilliseconds);
}
