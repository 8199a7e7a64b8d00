namespace SnakeHost.Gateway.Admin;

/// <summary>What became of a tenant that was to be loaded.</summary>
/// <param name="Result">How its load ended; null when there was none.</param>
/// <param name="Status">Of the answer: 200, 404 or 503.</param>
/// <param name="Problem">Why there was none.</param>
internal sealed record AdminStart(AdminReload? Result, int Status, string? Problem);
