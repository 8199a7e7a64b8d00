using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.Tenants;

/// <summary>Turns a specification into a loaded app.</summary>
internal interface IApplicationLoader
{
    /// <summary>Imports the app and starts its lifespan.</summary>
    /// <param name="tenantId">Names the tenant in what the app prints.</param>
    /// <param name="generation">The number of this version, from 1 and growing for a tenant.</param>
    /// <param name="cancellationToken">Cancelled when nobody wants the result any more: load timeout, eviction, shutdown.</param>
    /// <exception cref="AppLoadException">The app cannot be loaded: Python's error, or a sentence.</exception>
    /// <exception cref="OperationCanceledException">The load was cancelled. A <see cref="LoadAbandonedException"/>, if it may still be running.</exception>
    Task<IPythonApplication> LoadAsync(string tenantId, TenantSpecification specification, int generation, CancellationToken cancellationToken);

    /// <summary>Whether a load of the tenant may last for as long as somebody looks at it.</summary>
    bool IsDebugged(string tenantId, TenantSpecification specification) => false;

    /// <summary>The tenant is gone.</summary>
    void Retired(string tenantId, EvictReason reason)
    {
    }
}
