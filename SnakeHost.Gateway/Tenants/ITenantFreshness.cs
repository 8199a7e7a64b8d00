namespace SnakeHost.Gateway.Tenants;

/// <summary>
/// Knows whether a tenant's source has changed. Asked only for tenants with <see cref="TenantSpecification.Autoreload"/>; without one set
/// (<see cref="TenantRegistry.Freshness"/>) nothing is paid. The members that are told of loads let a watch exist before the first file is read.
/// </summary>
internal interface ITenantFreshness
{
    /// <summary>Whether a request may be given the tenant's current generation. Called for each request: no lock, no allocation.</summary>
    bool IsFresh(Tenant tenant);

    /// <summary>
    /// Completes once a load that started after the call has ended, well or badly. Typically awaits <see cref="TenantRegistry.ReloadAsync"/>.
    /// </summary>
    ValueTask WaitAsync(Tenant tenant, CancellationToken cancellationToken);

    /// <summary>A generation is about to be loaded; nothing of it is read before this completes.</summary>
    ValueTask LoadingAsync(Tenant tenant, int generation, CancellationToken cancellationToken);

    /// <summary>A generation is loaded and will be published next. Called under no lock.</summary>
    void Loaded(Tenant tenant, Generation generation);

    /// <summary>The tenant is gone; a later request makes a new one.</summary>
    void Retired(Tenant tenant);
}
