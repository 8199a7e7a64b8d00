using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Telemetry;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Admin;

/// <summary>The tenants that an admin listener tells of: this process's, or those of all workers.</summary>
internal interface IAdminTenants
{
    TenantEvents Events { get; }

    OutputHistory Output { get; }

    AdminHealth Health { get; }

    /// <summary>Sorted by id.</summary>
    Task<IReadOnlyList<TenantSnapshot>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Null when there is no such tenant.</summary>
    Task<TenantSnapshot?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Loads the tenant that a request to the address would reach.</summary>
    Task<AdminStart> StartAsync(Uri url, CancellationToken cancellationToken);

    /// <summary>Hands over the variables that routes of this prefix wait for.</summary>
    Task HandOverAsync(string environmentPrefix, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken);

    /// <summary>A tenant's requests under way, the oldest first; null when there is no such tenant.</summary>
    Task<IReadOnlyList<RunningRequest>?> RequestsAsync(string id, CancellationToken cancellationToken);

    /// <summary>What a tenant has in memory; null when there is no such tenant.</summary>
    Task<AdminMemory?> MemoryAsync(string id, CancellationToken cancellationToken);

    /// <summary>Where a tenant's time goes from now on; null when there is no such tenant.</summary>
    /// <exception cref="NoProfileException">It cannot be told.</exception>
    Task<ProfileData?> ProfileAsync(string id, ProfileOrder order, CancellationToken cancellationToken);

    /// <summary>What a tenant's last load has imported; null when there is no such tenant.</summary>
    /// <exception cref="NoProfileException">It is not loaded.</exception>
    Task<IReadOnlyList<ImportedModule>?> ImportsAsync(string id, CancellationToken cancellationToken);

    /// <summary>Null when there is no such tenant.</summary>
    Task<AdminReload?> ReloadAsync(string id, CancellationToken cancellationToken);

    /// <summary>False when there is no such tenant.</summary>
    Task<bool> EvictAsync(string id, CancellationToken cancellationToken);

    /// <summary>Makes a tenant's virtual environment, or brings it up to date, and loads the tenant with it.</summary>
    /// <param name="recreates">Whether the environment is removed before.</param>
    Task<AdminInstallEnd> InstallAsync(string id, bool recreates, CancellationToken cancellationToken);

    /// <summary>Starts a tenant's debugger, and loads the tenant there.</summary>
    /// <param name="port">Where editors are to attach; null for a free one.</param>
    /// <param name="waits">Whether the load waits for an editor, and nobody for the load.</param>
    Task<AdminDebugStart> DebugAsync(string id, int? port, bool waits, CancellationToken cancellationToken);

    /// <summary>Null when there is no such tenant, or it is not debugged.</summary>
    Task<AdminDebug?> FindDebugAsync(string id, CancellationToken cancellationToken);

    /// <summary>Ends a tenant's debugger. False when there is none.</summary>
    Task<bool> StopDebugAsync(string id, CancellationToken cancellationToken);
}
