using System.Text.Json;
using System.Text.Json.Serialization;
using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.Profiling;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ProfileData))]
[JsonSerializable(typeof(IReadOnlyList<ImportedModule>))]
[JsonSerializable(typeof(SpeedscopeFile))]
[JsonSerializable(typeof(FlameGraphData))]
internal sealed partial class ProfilingJsonContext : JsonSerializerContext;
