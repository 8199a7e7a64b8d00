using System.Collections.Concurrent;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Tenants;

/// <summary>
/// Which tenants there are. Looking one up takes no lock; adding and removing do. Locks are taken in one order: the table's gate, then a tenant's.
/// </summary>
/// <param name="loads">Starts the load of a tenant that is added.</param>
/// <param name="retired">Told of each tenant that was removed, under no lock.</param>
internal sealed class TenantTable(TenantOptions options, CoarseClock clock, TenantLoads loads, Action<Tenant, EvictReason> retired)
{
    private readonly ConcurrentDictionary<TenantSpecification, Tenant> _bySpecification = new();
    private readonly ConcurrentDictionary<string, Tenant> _byId = new(StringComparer.Ordinal);
    private readonly TenantIds _ids = new(options.NamesFolder);
    private readonly Lock _gate = new();
    private bool _closed;

    public IReadOnlyCollection<Tenant> All => [.. _byId.Values];

    public Tenant? Find(string id) => _byId.GetValueOrDefault(id);

    public bool TryGet(TenantSpecification specification, out Tenant tenant) => _bySpecification.TryGetValue(specification, out tenant!);

    /// <summary>The tenant of the specification; a new one is being loaded when this returns.</summary>
    /// <exception cref="TenantException">A new one is needed and there is no room.</exception>
    public Tenant GetOrAdd(TenantSpecification specification, out bool added)
    {
        added = false;
        if (TryGet(specification, out var tenant))
            return tenant;

        var keyHash = TenantKey.Hash(specification.Key);
        List<Tenant>? evicted = null;
        lock (_gate)
        {
            if (_closed)
                throw TenantException.Stopping();
            if (TryGet(specification, out tenant))
                return tenant;

            // In this order: nobody is evicted for a tenant that cannot be loaded now.
            if (!loads.TryReserve())
                throw TenantException.TooManyLoads(options.MaxConcurrentLoads);
            if (_byId.Count >= options.MaxTenants && !TryMakeRoom(out evicted))
            {
                loads.Unreserve();
                throw TenantException.NoRoom(options.MaxTenants);
            }

            added = true;
            tenant = new Tenant(_ids.Assign(specification.Name ?? specification.WorkingDirectory, keyHash, _byId.ContainsKey), specification, keyHash, clock);
            lock (tenant.Gate)
                loads.Start(tenant, new LoadOperation(null), reserved: true);
            _byId[tenant.Id] = tenant;
            _bySpecification[specification] = tenant;
        }

        evicted?.ForEach(left => retired(left, EvictReason.Capacity));
        return tenant;
    }

    /// <summary>Removes a tenant; false if it has been removed or, on demand, if it is in use. A load that was to follow completes as evicted.</summary>
    public bool TryRetire(Tenant tenant, EvictReason reason, bool ofRunningLoad = false)
    {
        lock (_gate)
        {
            if (!TryRetireUnderGate(tenant, onlyIfIdle: false, ofRunningLoad))
                return false;
        }

        retired(tenant, reason);
        return true;
    }

    /// <summary>Removes the tenants that nobody has used for the idle timeout.</summary>
    public void Sweep()
    {
        var oldest = clock.Now - (long)options.IdleTimeout.TotalMilliseconds;
        foreach (var tenant in All)
        {
            if (tenant.LastUsed > oldest)
                continue;
            lock (_gate)
            {
                // Again, as a request may have come and gone.
                if (tenant.LastUsed > oldest || !TryRetireUnderGate(tenant, onlyIfIdle: true))
                    continue;
            }

            retired(tenant, EvictReason.Idle);
        }
    }

    /// <summary>Takes no more tenants; returns those there are. Null if that was done before.</summary>
    public IReadOnlyCollection<Tenant>? Close()
    {
        lock (_gate)
        {
            if (_closed)
                return null;
            _closed = true;
            return All;
        }
    }

    private bool TryMakeRoom(out List<Tenant>? evicted)
    {
        evicted = null;

        // A tenant that cannot answer goes before any that can: a wave of broken ones must not push out the good.
        var candidates = _byId.Values.OrderBy(tenant => tenant.Current is not null).ThenBy(tenant => tenant.LastUsed);
        foreach (var tenant in candidates)
        {
            if (!TryRetireUnderGate(tenant, onlyIfIdle: true))
                continue;
            (evicted ??= []).Add(tenant);
            if (_byId.Count < options.MaxTenants)
                return true;
        }

        return false;
    }

    private bool TryRetireUnderGate(Tenant tenant, bool onlyIfIdle, bool ofRunningLoad = false)
    {
        LoadOperation? next;
        lock (tenant.Gate)
        {
            if (tenant.Retired || (tenant.Running is not null && !ofRunningLoad) || (onlyIfIdle && !tenant.TryDrainIfIdle()))
                return false;
            tenant.Running = null;
            next = tenant.Next;
            tenant.Next = null;
            tenant.Retire();
            _byId.TryRemove(new KeyValuePair<string, Tenant>(tenant.Id, tenant));
            _bySpecification.TryRemove(new KeyValuePair<TenantSpecification, Tenant>(tenant.Specification, tenant));
            tenant.ReportState();
        }

        // Its waiters continue elsewhere, not here.
        next?.Complete(ReloadResult.Gone);
        return true;
    }
}
