using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace SnakeHost.ServiceDefaults;

/// <summary>The SDK's batch of spans, whose end does not keep the process.</summary>
internal sealed class TenantSpanProcessor : BatchActivityExportProcessor
{
    private readonly Func<int, bool> _end;

    public TenantSpanProcessor(BaseExporter<Activity> exporter, BatchExportActivityProcessorOptions options, ExportHealth health)
        : base(exporter, options.MaxQueueSize, options.ScheduledDelayMilliseconds, options.ExporterTimeoutMilliseconds, options.MaxExportBatchSize) =>
        _end = health.WithOthers(OtlpSettings.Traces, base.OnShutdown);

    protected override bool OnShutdown(int timeoutMilliseconds) => _end(timeoutMilliseconds);
}
