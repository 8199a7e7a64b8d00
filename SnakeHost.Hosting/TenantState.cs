namespace SnakeHost.Hosting;

/// <summary>What a tenant is doing, as a dashboard shows it.</summary>
internal enum TenantState
{
    /// <summary>Nobody has asked for it yet, or the gateway does not run.</summary>
    NotStarted,

    Loading,

    /// <summary>It answers.</summary>
    Running,

    /// <summary>It answers while its next generation is loaded.</summary>
    Reloading,

    /// <summary>Its last load failed: requests are answered with the failure.</summary>
    Failed,

    /// <summary>It was unloaded; the next request loads it again.</summary>
    Evicted,
}
