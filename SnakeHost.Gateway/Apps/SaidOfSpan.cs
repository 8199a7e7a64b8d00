using System.Text.Json;
using System.Text.Json.Serialization;

namespace SnakeHost.Gateway.Apps;

/// <summary>What an app has said of its request's span by OpenTelemetry's API.</summary>
/// <param name="IsError">It has set the status Error.</param>
/// <param name="Description">Of that.</param>
internal sealed record SaidOfSpan(Dictionary<string, JsonElement> Attributes, IReadOnlyList<SaidOfSpan.Event> Events, bool IsError, string? Description)
{
    /// <summary>Null for what is none: the request that it is about has its answer in any case.</summary>
    public static SaidOfSpan? Parse(string json)
    {
        try
        {
            return PythonJson.Read(json, SaidOfSpanJsonContext.Default.SaidOfSpan);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Those that are not the gateway's: they say whose the span is.</summary>
    [JsonIgnore]
    public IEnumerable<KeyValuePair<string, JsonElement>> OwnAttributes => Attributes.Where(static pair => !pair.Key.StartsWith("snakehost.", StringComparison.Ordinal));

    /// <summary>An attribute's value as OpenTelemetry has them: text, a number, a truth value, or an array of one of these.</summary>
    public static object? Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.True or JsonValueKind.False => value.GetBoolean(),
        JsonValueKind.Number when value.TryGetInt64(out var whole) => whole,
        JsonValueKind.Number => value.GetDouble(),
        JsonValueKind.Array => value.EnumerateArray().Select(Value).ToArray(),
        JsonValueKind.Null => null,
        _ => value.GetRawText(),
    };

    /// <param name="Time">In nanoseconds since 1970.</param>
    internal sealed record Event(string Name, long Time, Dictionary<string, JsonElement> Attributes);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SaidOfSpan))]
internal sealed partial class SaidOfSpanJsonContext : JsonSerializerContext;
