using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Admin;

/// <summary>A change of a tenant's state in JSON.</summary>
/// <param name="Tenant">The tenant's id; empty for <c>dropped</c>.</param>
/// <param name="Kind">A <see cref="TenantEventKind"/> in lower case.</param>
/// <param name="Generation">The generation concerned, 0 for none.</param>
/// <param name="Time">When.</param>
/// <param name="DurationMs">How long the step that ended took, in milliseconds.</param>
/// <param name="ChangedFiles">The files that caused it.</param>
/// <param name="Error">What failed.</param>
/// <param name="Reason">Why the tenant was evicted.</param>
/// <param name="Dropped">How many events this client has missed.</param>
internal sealed record AdminEvent(
    string Tenant, string Kind, int Generation, DateTimeOffset Time, double? DurationMs, IReadOnlyList<string> ChangedFiles, TenantError? Error, string? Reason, long Dropped)
{
    public static AdminEvent From(TenantEvent next) => new(
        next.TenantId,
        next.Kind.ToString().ToLowerInvariant(),
        next.Generation,
        next.Time,
        next.Duration?.TotalMilliseconds,
        next.ChangedFiles,
        next.Error,
        next.Reason?.ToString().ToLowerInvariant(),
        next.Dropped);
}
