namespace SnakeHost.Gateway.Admin;

/// <summary>What <c>GET /health</c> tells.</summary>
/// <param name="IsAccepting">Whether requests are accepted.</param>
/// <param name="Trouble">What is the matter all the same; null for nothing.</param>
internal sealed record AdminHealth(bool IsAccepting, string? Trouble);
