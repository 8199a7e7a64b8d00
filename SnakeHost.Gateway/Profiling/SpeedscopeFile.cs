using System.Text.Json.Serialization;

namespace SnakeHost.Gateway.Profiling;

/// <summary>https://www.speedscope.app/file-format-schema.json, as far as it is used.</summary>
internal sealed record SpeedscopeFile(
    [property: JsonPropertyName("$schema")] string Schema, string Name, string Exporter, int ActiveProfileIndex, SpeedscopeFile.Tables Shared, IReadOnlyList<SpeedscopeFile.Profile> Profiles)
{
    public sealed record Tables(IReadOnlyList<Frame> Frames);

    public sealed record Frame(
        string Name,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? File,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Line);

    /// <param name="Samples">Stacks of indices of frames, the outermost first.</param>
    public sealed record Profile(string Type, string Name, string Unit, long StartValue, long EndValue, IReadOnlyList<IReadOnlyList<int>> Samples, IReadOnlyList<long> Weights);
}
