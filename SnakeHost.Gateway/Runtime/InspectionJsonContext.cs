using System.Text.Json;
using System.Text.Json.Serialization;

namespace SnakeHost.Gateway.Runtime;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Dictionary<long, TakenStacks>))]
internal sealed partial class InspectionJsonContext : JsonSerializerContext;
