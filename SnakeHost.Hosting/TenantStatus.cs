using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Hosting;

/// <summary>All that is known of a tenant at one moment.</summary>
/// <param name="Id">Its name.</param>
/// <param name="State">What it is doing.</param>
internal sealed record TenantStatus(string Id, TenantState State)
{
    /// <summary>What the gateway said last; null while it has not been loaded.</summary>
    public TenantSnapshot? Info { get; init; }

    /// <summary>The generation that answers, or is being loaded, or failed; 0 for none.</summary>
    public int Generation { get; init; }

    /// <summary>When it was last reloaded.</summary>
    public DateTimeOffset? LastReload { get; init; }

    /// <summary>How long that took, in milliseconds.</summary>
    public double? LastReloadMs { get; init; }

    /// <summary>The files that caused it; none when somebody asked for it.</summary>
    public IReadOnlyList<string> LastReloadFiles { get; init; } = [];

    /// <summary>Why it was evicted.</summary>
    public string? EvictReason { get; init; }

    /// <summary>Why the last load failed.</summary>
    public TenantError? Error { get; init; }
}
