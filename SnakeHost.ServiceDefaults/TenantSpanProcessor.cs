using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace SnakeHost.ServiceDefaults;

/// <summary>The SDK's batch of spans, whose end does not keep the process.</summary>
internal sealed class TenantSpanProcessor(BaseExporter<Activity> exporter, BatchExportActivityProcessorOptions options, ExportHealth health) : BatchActivityExportProcessor(
    exporter, options.MaxQueueSize, options.ScheduledDelayMilliseconds, options.ExporterTimeoutMilliseconds, options.MaxExportBatchSize)
{
    protected override bool OnShutdown(int timeoutMilliseconds) => base.OnShutdown(health.Patience(OtlpSettings.Traces, timeoutMilliseconds));
}
