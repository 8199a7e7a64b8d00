using System.Text.Json;
using System.Text.Json.Serialization;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Supervision;

/// <summary>What a worker is told by the process that has started it, in <c>SNAKEHOST_WORKER</c>. All SNAKEHOST_ variables are hidden from apps.</summary>
/// <param name="Number">Counts the starts of workers: no two that run have the same.</param>
/// <param name="Folder">Of the supervisor and its workers, and nobody else.</param>
/// <param name="Listen">The public addresses, none with port 0.</param>
/// <param name="Secret">The same for all of them.</param>
internal sealed partial record WorkerRole(int Number, string Folder, IReadOnlyList<string> Listen, string Secret)
{
    /// <summary>The setting that <see cref="Distinguish"/> is for.</summary>
    public const string ResourceAttributes = "OTEL_RESOURCE_ATTRIBUTES";

    private const string Variable = "SNAKEHOST_WORKER";
    private const string NamesFolder = "names", ChangesFolder = "changes";

    /// <summary>What stands in <see cref="Folder"/> beside the sockets.</summary>
    public static IReadOnlyList<string> Folders { get; } = [NamesFolder, ChangesFolder];

    /// <summary>Where the worker's admin listener is.</summary>
    public string Socket => Path.Join(Folder, $"{Number}.sock");

    /// <summary>Where workers tell each other which tenants have changed, for the pages in browsers.</summary>
    public string Changes => Path.Join(Folder, ChangesFolder);

    /// <summary>Reads what this process is told, and forgets it for those that it starts; null for a process that is no worker.</summary>
    public static WorkerRole? Take()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } text)
            return null;
        Environment.SetEnvironmentVariable(Variable, null);
        return JsonSerializer.Deserialize(text, WorkerJson.Default.WorkerRole);
    }

    public void Give(IDictionary<string, string?> environment) => environment[Variable] = JsonSerializer.Serialize(this, WorkerJson.Default.WorkerRole);

    /// <summary>What a worker does not take from the configuration.</summary>
    public void Apply(SnakeHostOptions options)
    {
        options.Listen = [.. Listen];
        // Two folders of one name: which of them is `shop` must not depend on the worker.
        options.Tenants.NamesFolder = Path.Join(Folder, NamesFolder);
    }

    /// <summary>The resource attributes of OpenTelemetry with an instance of this worker's own: the metrics of two would be taken for those of one.</summary>
    /// <param name="attributes">OTEL_RESOURCE_ATTRIBUTES.</param>
    public string Distinguish(string? attributes)
    {
        const string Instance = "service.instance.id";
        var pairs = (attributes ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).ToLookup(static pair => pair.Split('=')[0].Trim() == Instance);
        var instance = pairs[true].LastOrDefault()?.Trim() ?? $"{Instance}={Path.GetFileName(Folder)}";
        return string.Join(',', pairs[false].Append($"{instance}-{Number}"));
    }

    [JsonSourceGenerationOptions(JsonSerializerDefaults.Web, IgnoreReadOnlyProperties = true)]
    [JsonSerializable(typeof(WorkerRole))]
    private sealed partial class WorkerJson : JsonSerializerContext;
}
