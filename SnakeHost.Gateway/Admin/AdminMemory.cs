using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Admin;

/// <summary>A tenant's memory.</summary>
/// <param name="Now">What it has now; null when it is not loaded, or Python does not answer.</param>
/// <param name="Loads">Its last loads, the oldest first.</param>
/// <param name="Kept">Old generations that were still in memory ten seconds after their end.</param>
internal sealed record AdminMemory(AppMemory? Now, IReadOnlyList<LoadMemory> Loads, IReadOnlyList<KeptGeneration> Kept);
