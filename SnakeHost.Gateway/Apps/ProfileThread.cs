namespace SnakeHost.Gateway.Apps;

/// <summary>What a thread did, sample by sample.</summary>
/// <param name="Nodes">Which node it was in.</param>
/// <param name="Weights">For how long, in µs.</param>
internal sealed record ProfileThread(string Name, IReadOnlyList<int> Nodes, IReadOnlyList<long> Weights);
