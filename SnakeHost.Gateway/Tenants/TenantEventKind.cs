namespace SnakeHost.Gateway.Tenants;

internal enum TenantEventKind
{
    /// <summary>A first generation, or one after a failure, is being loaded.</summary>
    Loading,

    /// <summary>The next generation is being loaded while the current one answers.</summary>
    Reloading,

    /// <summary>The generation answers from now on.</summary>
    Ready,

    /// <summary>The generation could not be loaded.</summary>
    Failed,

    /// <summary>The load took too long and is no longer waited for.</summary>
    TimedOut,

    /// <summary>The tenant's source changed.</summary>
    Stale,

    /// <summary>The generation takes no more requests and waits for those in flight.</summary>
    Draining,

    /// <summary>The generation is gone.</summary>
    Disposed,

    /// <summary>The tenant is gone.</summary>
    Evicted,

    /// <summary>This subscriber was too slow: <see cref="TenantEvent.Dropped"/> events are missing here.</summary>
    Dropped,
}
