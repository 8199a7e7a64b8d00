using SnakeHost.Gateway.Admin;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Hosting;

/// <summary>Makes each tenant's status of what the gateway tells. Not thread-safe.</summary>
internal sealed class TenantBoard
{
    private readonly Dictionary<string, TenantStatus> _statuses = new(StringComparer.Ordinal);

    /// <summary>The status of a tenant; not started as long as nothing was heard of it.</summary>
    public TenantStatus this[string id] => _statuses.TryGetValue(id, out var status) ? status : new TenantStatus(id, TenantState.NotStarted);

    /// <summary>Takes in the list of all tenants and gives back those whose status is another now. One that was there and is not listed was evicted.</summary>
    public IReadOnlyList<TenantStatus> Apply(IReadOnlyCollection<TenantSnapshot> all)
    {
        var changed = all.Select(info => (Before: this[info.Id], Now: Apply(info))).Where(pair => pair.Before != pair.Now).Select(pair => pair.Now).ToList();
        foreach (var gone in _statuses.Values.Where(status => status.State is not (TenantState.NotStarted or TenantState.Evicted)).ExceptBy(all.Select(info => info.Id), status => status.Id).ToList())
            changed.Add(Set(gone with { State = TenantState.Evicted }));
        return changed;
    }

    /// <summary>
    /// Takes in what an event does not say: modules, the app that was found, the time it took. The state stays the event's: the gateway tells of a load's end
    /// a moment before its own list does.
    /// </summary>
    public TenantStatus Describe(TenantSnapshot info) => this[info.Id] is var status && status.Generation == info.Generation ? Set(status with { Info = info }) : status;

    private TenantStatus Apply(TenantSnapshot info) => Set(this[info.Id] with
    {
        State = info.State switch
        {
            "loading" => TenantState.Loading,
            "reloading" => TenantState.Reloading,
            "failed" => TenantState.Failed,
            _ => TenantState.Running,
        },
        Info = info,
        Generation = info.Generation,
        Error = info.Error,
    });

    /// <summary>Takes in an event. One that changes no state gives the status as it is.</summary>
    public TenantStatus Apply(AdminEvent notice)
    {
        var status = this[notice.Tenant];
        return notice.Kind switch
        {
            // A life of its own, which no reload began.
            "loading" => Set(status with { State = TenantState.Loading, Generation = notice.Generation, LastReload = null, LastReloadMs = null, LastReloadFiles = [] }),
            "reloading" => Set(status with { State = TenantState.Reloading, Generation = notice.Generation }),
            "ready" => Set(Reloaded(status, notice) with { State = TenantState.Running, Generation = notice.Generation, Error = null }),
            "failed" or "timedout" => Set(Reloaded(status, notice) with { State = TenantState.Failed, Generation = notice.Generation, Error = notice.Error }),
            "evicted" => Set(status with { State = TenantState.Evicted, EvictReason = notice.Reason }),
            _ => status,
        };
    }

    /// <summary>The gateway is gone, and all tenants with it.</summary>
    public IReadOnlyList<TenantStatus> Reset()
    {
        var started = _statuses.Values.Where(status => status.State != TenantState.NotStarted).Select(status => new TenantStatus(status.Id, TenantState.NotStarted)).ToList();
        _statuses.Clear();
        return started;
    }

    private static TenantStatus Reloaded(TenantStatus status, AdminEvent notice) => status.State == TenantState.Reloading
        ? status with { LastReload = notice.Time, LastReloadMs = notice.DurationMs, LastReloadFiles = notice.ChangedFiles }
        : status;

    private TenantStatus Set(TenantStatus status) => _statuses[status.Id] = status;
}
