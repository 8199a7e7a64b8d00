namespace SnakeHost.Gateway.Tenants;

/// <summary>A change of a tenant's state.</summary>
/// <param name="TenantId">The tenant; empty for <see cref="TenantEventKind.Dropped"/>.</param>
/// <param name="Generation">The generation concerned; 0 when none is.</param>
internal sealed record TenantEvent(string TenantId, TenantEventKind Kind, int Generation, DateTimeOffset Time)
{
    /// <summary>How long the step that ended took; null when the event starts one.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>The files that caused it.</summary>
    public IReadOnlyList<string> ChangedFiles { get; init; } = [];

    public TenantError? Error { get; init; }

    /// <summary>Why the tenant was evicted.</summary>
    public EvictReason? Reason { get; init; }

    /// <summary>Events this subscriber did not get.</summary>
    public long Dropped { get; init; }
}
