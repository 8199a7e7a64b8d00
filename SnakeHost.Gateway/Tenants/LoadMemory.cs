namespace SnakeHost.Gateway.Tenants;

/// <summary>What a load has cost in memory. Others that load or answer meanwhile count too.</summary>
/// <param name="Generation">Its number.</param>
/// <param name="Time">When it was ready.</param>
/// <param name="Added">By so many bytes the resident set of the gateway's process has grown while it was loaded; for an app in processes of its own, what these have. Negative where memory was given back meanwhile.</param>
/// <param name="Resident">The resident set after it, in bytes: that of the gateway's process, or of the app's.</param>
internal sealed record LoadMemory(int Generation, DateTimeOffset Time, long Added, long Resident);
