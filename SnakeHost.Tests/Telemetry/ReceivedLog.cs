using SnakeHost.Tests.Telemetry.Otlp;

namespace SnakeHost.Tests.Telemetry;

internal sealed record ReceivedLog(IReadOnlyDictionary<string, string> Resource, string Scope, LogRecord Record)
{
    public string Service => Resource["service.name"];

    public string Body => ReceivedAttributes.Text(Record.Body);

    public string TraceId => Convert.ToHexStringLower(Record.TraceId.Span);

    public string SpanId => Convert.ToHexStringLower(Record.SpanId.Span);

    public string Severity => Record.SeverityNumber.ToString();

    public IReadOnlyDictionary<string, string> Attributes => ReceivedAttributes.Read(Record.Attributes);
}
