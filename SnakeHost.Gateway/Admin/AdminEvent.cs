using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Admin;

/// <summary>A change of a tenant's state, as <c>GET /api/events</c> tells it; see docs/admin.md. SnakeHost.Hosting reads it with this file too.</summary>
/// <param name="Tenant">The tenant's id; empty for <c>dropped</c>.</param>
/// <param name="Kind"><c>loading</c>, <c>reloading</c>, <c>ready</c>, <c>failed</c>, <c>timedout</c>, <c>stale</c>, <c>draining</c>, <c>disposed</c>, <c>evicted</c> or <c>dropped</c>.</param>
/// <param name="Generation">The generation concerned, 0 for none.</param>
/// <param name="Time">When it happened.</param>
/// <param name="DurationMs">How long the step that ended took, in milliseconds.</param>
/// <param name="ChangedFiles">The files that caused it.</param>
/// <param name="Error">What failed.</param>
/// <param name="Reason">Why the tenant was evicted.</param>
/// <param name="Dropped">How many events this client has missed.</param>
internal sealed record AdminEvent(
    string Tenant, string Kind, int Generation, DateTimeOffset Time, double? DurationMs, IReadOnlyList<string> ChangedFiles, TenantError? Error, string? Reason, long Dropped);
