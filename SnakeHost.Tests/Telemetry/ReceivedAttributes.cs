using System.Globalization;
using SnakeHost.Tests.Telemetry.Otlp;

namespace SnakeHost.Tests.Telemetry;

internal static class ReceivedAttributes
{
    /// <summary>As text; an array's elements are joined by a comma.</summary>
    public static IReadOnlyDictionary<string, string> Read(IEnumerable<KeyValue> attributes) =>
        attributes.GroupBy(pair => pair.Key).ToDictionary(group => group.Key, group => Text(group.Last().Value));

    public static string Text(AnyValue value) => value.ValueCase switch
    {
        AnyValue.ValueOneofCase.IntValue => value.IntValue.ToString(CultureInfo.InvariantCulture),
        AnyValue.ValueOneofCase.DoubleValue => value.DoubleValue.ToString(CultureInfo.InvariantCulture),
        AnyValue.ValueOneofCase.BoolValue => value.BoolValue ? "true" : "false",
        AnyValue.ValueOneofCase.ArrayValue => string.Join(',', value.ArrayValue.Values.Select(Text)),
        _ => value.StringValue,
    };
}
