using System.Text.Json;
using System.Text.Json.Serialization;

namespace SnakeHost.Gateway.Apps;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(NullAsZero)])]
[JsonSerializable(typeof(PythonError))]
internal sealed partial class PythonErrorJsonContext : JsonSerializerContext
{
    /// <summary>Since 3.11 a frame may have no line number (<c>tb_lineno</c> is None for synthetic code).</summary>
    internal sealed class NullAsZero : JsonConverter<int>
    {
        public override bool HandleNull => true;

        public override int Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Null ? 0 : reader.GetInt32();

        public override void Write(Utf8JsonWriter writer, int value, JsonSerializerOptions options) => writer.WriteNumberValue(value);
    }
}
