using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;

namespace SnakeHost.ServiceDefaults;

/// <summary>The SDK's exporter of metrics, which says how it went.</summary>
internal sealed class ReportingMetricExporter(OtlpExporterOptions options, ExportHealth health) : OtlpMetricExporter(options)
{
    public override ExportResult Export(in Batch<Metric> metrics) => health.Report(OtlpSettings.Metrics, base.Export(metrics));
}
