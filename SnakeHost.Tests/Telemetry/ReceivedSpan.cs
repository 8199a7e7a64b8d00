using Google.Protobuf;
using SnakeHost.Tests.Telemetry.Otlp;

namespace SnakeHost.Tests.Telemetry;

internal sealed record ReceivedSpan(IReadOnlyDictionary<string, string> Resource, string Scope, Span Span)
{
    public string Service => Resource["service.name"];

    public string Name => Span.Name;

    public string TraceId => Hex(Span.TraceId);

    public string Id => Hex(Span.SpanId);

    public string ParentId => Hex(Span.ParentSpanId);

    public bool IsServer => Span.Kind == SpanKind.Server;

    public bool IsError => Span.Status?.Code == StatusCode.Error;

    public double Milliseconds => (Span.EndTimeUnixNano - Span.StartTimeUnixNano) / 1e6;

    public IReadOnlyDictionary<string, string> Attributes => ReceivedAttributes.Read(Span.Attributes);

    /// <summary>The attributes of the one <c>exception</c> event.</summary>
    public IReadOnlyDictionary<string, string> Exception => Event("exception");

    /// <summary>The attributes of the one event of that name.</summary>
    public IReadOnlyDictionary<string, string> Event(string name) => ReceivedAttributes.Read(Assert.Single(Span.Events, one => one.Name == name).Attributes);

    public IEnumerable<string> Events => Span.Events.Select(one => one.Name);

    public bool Contains(ReceivedSpan other) =>
        Span.StartTimeUnixNano <= other.Span.StartTimeUnixNano && other.Span.EndTimeUnixNano <= Span.EndTimeUnixNano;

    private static string Hex(ByteString id) => Convert.ToHexStringLower(id.Span);
}
