using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;

namespace SnakeHost.ServiceDefaults;

/// <summary>The SDK's exporter of metrics, which has the tenants' exported too, and says how it went.</summary>
internal sealed class ReportingMetricExporter(OtlpExporterOptions options, TenantMeters tenants, ExportHealth health) : OtlpMetricExporter(options)
{
    public override ExportResult Export(in Batch<Metric> metrics)
    {
        var result = base.Export(metrics);
        if (result == ExportResult.Success && !tenants.Export())
            result = ExportResult.Failure;
        return health.Report(OtlpSettings.Metrics, result);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            tenants.Dispose();
        base.Dispose(disposing);
    }
}
