using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SnakeHost.Gateway.Apps;

/// <summary>Reads JSON that Python has written: names of files and functions in it may be no text.</summary>
internal static class PythonJson
{
    /// <exception cref="JsonException">The text is not of that shape.</exception>
    public static T Read<T>(string json, JsonTypeInfo<T> type)
        where T : class =>
        JsonSerializer.Deserialize(LoneSurrogates.Escape(json), type) ?? throw new JsonException($"Python's {typeof(T).Name} is null.");
}
