using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace SnakeHost.ServiceDefaults;

/// <summary>
/// The SDK's OTLP exporter under one resource, and what waits to be exported by it. It has neither thread nor connection of its own: the
/// provider around it is there only because the SDK takes the resource from there.
/// </summary>
internal sealed class ResourceExporter<T>(BaseExporter<T> exporter, IDisposable provider) : IDisposable
    where T : class
{
    private T[] _items = new T[16];
    private int _count;

    /// <summary>By <see cref="Environment.TickCount64"/>.</summary>
    public long LastUsed { get; private set; } = Environment.TickCount64;

    public bool HasItems => _count > 0;

    public void Add(T item)
    {
        if (_count == _items.Length)
            Array.Resize(ref _items, _count * 2);
        _items[_count++] = item;
    }

    public ExportResult Export()
    {
        LastUsed = Environment.TickCount64;
        return exporter.Export(new Batch<T>(_items, _count));
    }

    public void Clear()
    {
        Array.Clear(_items, 0, _count);
        _count = 0;
    }

    public void Dispose() => provider.Dispose();
}

/// <summary>Makes them.</summary>
internal static class ResourceExporter
{
    public static ResourceExporter<Activity> ForSpans(OtlpSettings settings, ResourceBuilder resource)
    {
        var exporter = new OtlpTraceExporter(settings.Create(OtlpSettings.Traces));
        return new(exporter, Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .AddProcessor(new SimpleActivityExportProcessor(exporter))
            .Build());
    }

    public static ResourceExporter<LogRecord> ForLogs(OtlpSettings settings, ResourceBuilder resource)
    {
        var exporter = new OtlpLogExporter(settings.Create(OtlpSettings.Logs));
        return new(exporter, OpenTelemetrySdk.Create(telemetry => telemetry.WithLogging(
            logging => logging.SetResourceBuilder(resource).AddProcessor(new SimpleLogRecordExportProcessor(exporter)))));
    }
}
