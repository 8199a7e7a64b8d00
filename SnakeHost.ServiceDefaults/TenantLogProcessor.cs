using OpenTelemetry;
using OpenTelemetry.Logs;

namespace SnakeHost.ServiceDefaults;

/// <summary>
/// Completes log records made on behalf of other code and hands all to one batch.
/// </summary>
/// <remarks>
/// Around the batch rather than derived from it: for a batch that it sees the SDK lends records from a pool, to which they return while the
/// batch is read, and sorting by tenant needs them longer.
/// </remarks>
internal sealed class TenantLogProcessor : BaseProcessor<LogRecord>
{
    private readonly BatchLogRecordExportProcessor _batch;
    private readonly Func<int, bool> _end;

    public TenantLogProcessor(BaseExporter<LogRecord> exporter, BatchExportLogRecordProcessorOptions options, ExportHealth health)
    {
        _batch = new(exporter, options.MaxQueueSize, options.ScheduledDelayMilliseconds, options.ExporterTimeoutMilliseconds, options.MaxExportBatchSize);
        _end = health.WithOthers(OtlpSettings.Logs, timeout => _batch.Shutdown(timeout));
    }

    public override void OnEnd(LogRecord data)
    {
        if (data.Attributes is IRecordedLog log)
        {
            data.FormattedMessage = log.Body;
            if (log.Trace.IsValid())
            {
                data.TraceId = log.Trace.TraceId;
                data.SpanId = log.Trace.SpanId;
                data.TraceFlags = log.Trace.TraceFlags;
            }
        }

        _batch.OnEnd(data);
    }

    protected override bool OnForceFlush(int timeoutMilliseconds) => _batch.ForceFlush(timeoutMilliseconds);

    protected override bool OnShutdown(int timeoutMilliseconds) => _end(timeoutMilliseconds);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _batch.Dispose();
        base.Dispose(disposing);
    }
}
