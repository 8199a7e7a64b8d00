using System.Text.Json;
using System.Text.Json.Serialization;
using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.Runtime;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Dictionary<long, TakenStacks>))]
[JsonSerializable(typeof(ProfileData))]
[JsonSerializable(typeof(AppMemory))]
internal sealed partial class InspectionJsonContext : JsonSerializerContext;
