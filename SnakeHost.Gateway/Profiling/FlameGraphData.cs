using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.Profiling;

/// <summary>What the page of a flame graph shows.</summary>
/// <param name="Callers">Of each node the node above it, which comes before it; -1 for none.</param>
/// <param name="Functions">Of each node its function.</param>
/// <param name="Own">Of each node its own time, in µs.</param>
internal sealed record FlameGraphData(
    string Title, IReadOnlyList<string> Facts, IReadOnlyList<ProfileFrame> Frames, IReadOnlyList<int> Callers, IReadOnlyList<int> Functions, IReadOnlyList<long> Own, IReadOnlyList<ImportedModule> Imports);
