using System.Diagnostics.Tracing;

namespace SnakeHost.ServiceDefaults;

/// <summary>The last error of the SDK's OTLP exporters, which they tell nobody but an event source.</summary>
internal sealed class ExporterErrors : EventListener
{
    private const string Exporter = "OpenTelemetry-Exporter-OpenTelemetryProtocol";

    private volatile string? _last;

    /// <summary>One line; null when there was none.</summary>
    public string? Last => _last;

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == Exporter)
            EnableEvents(eventSource, EventLevel.Error);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        // The last argument is the exception's text, whose first line says what happened.
        if (eventData.Payload is { Count: > 0 } payload && payload.LastOrDefault(item => item is string) is string text)
            _last = text.AsSpan(0, text.AsSpan().IndexOfAny('\r', '\n') is var end && end < 0 ? text.Length : end).ToString();
    }
}
