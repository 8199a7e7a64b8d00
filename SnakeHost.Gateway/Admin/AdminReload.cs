using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Admin;

/// <summary>The answer to a reload by hand. SnakeHost.Hosting reads it with this file too.</summary>
/// <param name="Tenant">The tenant's id.</param>
/// <param name="Outcome"><c>loaded</c>, <c>failed</c> or <c>evicted</c>.</param>
/// <param name="Generation">The generation that was loaded or failed.</param>
/// <param name="DurationMs">How long it took, in milliseconds.</param>
/// <param name="Error">Why it failed.</param>
internal sealed record AdminReload(string Tenant, string Outcome, int Generation, double DurationMs, TenantError? Error);
