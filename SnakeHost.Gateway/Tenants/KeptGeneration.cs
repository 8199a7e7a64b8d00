namespace SnakeHost.Gateway.Tenants;

/// <summary>A generation whose modules were still in memory ten seconds after its end.</summary>
/// <param name="Generation">Its number.</param>
/// <param name="Time">When it was looked at.</param>
/// <param name="Keeper">What refers to them, from the outermost on.</param>
internal sealed record KeptGeneration(int Generation, DateTimeOffset Time, string Keeper);
