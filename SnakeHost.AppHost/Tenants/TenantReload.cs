namespace SnakeHost.AppHost.Tenants;

/// <summary>How a reload by hand went.</summary>
/// <param name="Outcome"><c>loaded</c>, <c>failed</c> or <c>evicted</c>.</param>
/// <param name="Generation">The generation that was loaded or failed.</param>
/// <param name="DurationMs">In milliseconds.</param>
/// <param name="Error">Why it failed.</param>
internal sealed record TenantReload(string Outcome, int Generation, double DurationMs, TenantError? Error);
