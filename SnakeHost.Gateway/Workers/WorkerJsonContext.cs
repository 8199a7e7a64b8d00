using System.Text.Json.Serialization;

namespace SnakeHost.Gateway.Workers;

[JsonSourceGenerationOptions(IgnoreReadOnlyProperties = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(WorkerMessage))]
[JsonSerializable(typeof(WorkerFailure))]
[JsonSerializable(typeof(WorkerMeasure))]
[JsonSerializable(typeof(List<string[]>))]
internal sealed partial class WorkerJsonContext : JsonSerializerContext;
