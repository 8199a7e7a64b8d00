namespace SnakeHost.AppHost.Tenants;

/// <summary>An event of <c>GET /api/events</c> of the gateway's admin listener; see docs/admin.md.</summary>
/// <param name="Tenant">The tenant's id; empty for <c>dropped</c>.</param>
/// <param name="Kind"><c>loading</c>, <c>reloading</c>, <c>ready</c>, <c>failed</c>, <c>timedout</c>, <c>stale</c>, <c>draining</c>, <c>disposed</c>, <c>evicted</c> or <c>dropped</c>.</param>
/// <param name="Generation">The generation concerned.</param>
/// <param name="Time">When.</param>
/// <param name="DurationMs">How long the step that ended took, in milliseconds.</param>
/// <param name="ChangedFiles">The files that caused it.</param>
/// <param name="Error">What failed.</param>
internal sealed record TenantNotice(
    string Tenant, string Kind, int Generation, DateTimeOffset Time, double? DurationMs, IReadOnlyList<string> ChangedFiles, TenantError? Error);
