namespace SnakeHost.Gateway.Apps;

/// <summary>A process of an app's own, as the admin listener shows it. SnakeHost.Hosting reads it with this file too.</summary>
/// <param name="Id">The system's number of it.</param>
/// <param name="MemoryBytes">What it has in memory (the resident set), in bytes.</param>
/// <param name="InFlight">Requests being answered.</param>
/// <param name="Requests">Requests that it was given so far.</param>
internal sealed record AppProcess(int Id, long MemoryBytes, int InFlight, long Requests);
