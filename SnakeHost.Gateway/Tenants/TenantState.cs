namespace SnakeHost.Gateway.Tenants;

internal enum TenantState
{
    /// <summary>A generation is being loaded and none answers: requests wait for it.</summary>
    Loading,

    /// <summary>The current generation answers.</summary>
    Ready,

    /// <summary>The current generation answers while the next one is being loaded.</summary>
    Reloading,

    /// <summary>The last load failed and none answers.</summary>
    Failed,

    /// <summary>Removed; its last generation drains or is disposed.</summary>
    Evicted,
}
