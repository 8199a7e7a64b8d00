using SnakeHost.Tests.Telemetry.Otlp;

namespace SnakeHost.Tests.Telemetry;

internal sealed record ReceivedMetric(IReadOnlyDictionary<string, string> Resource, string Scope, Metric Metric)
{
    public string Service => Resource["service.name"];

    public string Name => Metric.Name;

    public string Unit => Metric.Unit;

    /// <summary>The attributes of each point, with its count (histogram) or value (all else).</summary>
    public IEnumerable<(IReadOnlyDictionary<string, string> Attributes, double Value)> Points => Metric.DataCase switch
    {
        Metric.DataOneofCase.Histogram => Metric.Histogram.DataPoints.Select(point => (ReceivedAttributes.Read(point.Attributes), (double)point.Count)),
        Metric.DataOneofCase.Sum => Metric.Sum.DataPoints.Select(Number),
        Metric.DataOneofCase.Gauge => Metric.Gauge.DataPoints.Select(Number),
        _ => [],
    };

    private static (IReadOnlyDictionary<string, string> Attributes, double Value) Number(NumberDataPoint point) =>
        (ReceivedAttributes.Read(point.Attributes), point.ValueCase == NumberDataPoint.ValueOneofCase.AsInt ? point.AsInt : point.AsDouble);
}
