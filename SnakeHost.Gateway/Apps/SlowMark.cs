namespace SnakeHost.Gateway.Apps;

/// <summary>When a request was found to be slow, and what its code was doing then.</summary>
internal sealed record SlowMark(DateTimeOffset Time, string Stack);
