using SnakeHost.Gateway.Admin;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Telemetry;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Supervision;

/// <summary>The tenants of all workers, as one admin listener tells of them.</summary>
internal sealed class MergedTenants(WorkerPool workers, TenantEvents events, OutputHistory output, HandedOver handedOver) : IAdminTenants
{
    /// <summary>The list does not wait for a worker that hangs.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    public TenantEvents Events => events;

    public OutputHistory Output => output;

    public AdminHealth Health => workers.Health;

    public async Task<IReadOnlyList<TenantSnapshot>> ListAsync(CancellationToken cancellationToken)
    {
        var lists = await AskAsync((admin, limit) => admin.TenantsAsync(limit), static () => [], s_patience, cancellationToken);
        return MergedSnapshot.Merge(lists.SelectMany(static of => of.Answer.Select(tenant => (of.Worker.Id, tenant))));
    }

    public async Task<TenantSnapshot?> FindAsync(string id, CancellationToken cancellationToken)
    {
        var found = await AskAsync((admin, limit) => admin.TenantAsync(id, limit), static () => null, s_patience, cancellationToken);
        return MergedSnapshot.Merge(found.Where(static of => of.Answer is not null).Select(static of => (of.Worker.Id, of.Answer!))).SingleOrDefault();
    }

    /// <summary>In all workers.</summary>
    public async Task<AdminStart> StartAsync(Uri url, CancellationToken cancellationToken)
    {
        var starts = (await AskAsync((admin, limit) => admin.StartAsync(url, limit), static () => new AdminStart(null, StatusCodes.Status503ServiceUnavailable, "The worker has ended."), Timeout.InfiniteTimeSpan, cancellationToken))
            .ConvertAll(static of => of.Answer);
        return Worst(starts.Select(static start => start.Result)) is { } worst
            ? new AdminStart(worst, StatusCodes.Status200OK, null)
            : starts.FirstOrDefault() ?? new AdminStart(null, StatusCodes.Status503ServiceUnavailable, "No worker serves.");
    }

    /// <summary>To all workers, those that are started later too.</summary>
    public Task HandOverAsync(string environmentPrefix, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken)
    {
        handedOver.Set(environmentPrefix, variables);
        return AskAsync(
            async (admin, limit) =>
            {
                await admin.HandOverAsync(environmentPrefix, variables, limit);
                return true;
            },
            static () => false,
            Timeout.InfiniteTimeSpan,
            cancellationToken);
    }

    public async Task<IReadOnlyList<RunningRequest>?> RequestsAsync(string id, CancellationToken cancellationToken)
    {
        var found = (await AskAsync((admin, limit) => admin.RequestsAsync(id, limit), static () => null, s_patience + s_patience, cancellationToken)).ConvertAll(static of => of.Answer);
        return found.TrueForAll(static requests => requests is null) ? null : [.. found.OfType<IReadOnlyList<RunningRequest>>().SelectMany(static requests => requests).OrderByDescending(static request => request.AgeMs)];
    }

    /// <summary>Of all together; a load is one in each.</summary>
    public async Task<AdminMemory?> MemoryAsync(string id, CancellationToken cancellationToken)
    {
        var found = (await AskAsync((admin, limit) => admin.MemoryAsync(id, limit), static () => null, Timeout.InfiniteTimeSpan, cancellationToken)).ConvertAll(static of => of.Answer).OfType<AdminMemory>().ToList();
        if (found.Count == 0)
            return null;
        var now = found.Select(static memory => memory.Now).OfType<AppMemory>().ToList();
        return new AdminMemory(
            now.Count == 0 ? null : AppMemory.Sum(now),
            [.. found.SelectMany(static memory => memory.Loads).OrderBy(static load => load.Time)],
            [.. found.SelectMany(static memory => memory.Kept).OrderBy(static kept => kept.Time)]);
    }

    /// <summary>Of those that have loaded it.</summary>
    public async Task<ProfileData?> ProfileAsync(string id, ProfileOrder order, CancellationToken cancellationToken)
    {
        var found = await AskLoadedAsync((admin, limit) => admin.ProfileAsync(id, order, limit), Timeout.InfiniteTimeSpan, cancellationToken);
        return found.Count == 0 ? null : ProfileData.Merge([.. found.Select(static of => ($"gateway {of.Worker.Id}", of.Answer))]);
    }

    /// <summary>Of one of those that have loaded it: each from the same files.</summary>
    public async Task<IReadOnlyList<ImportedModule>?> ImportsAsync(string id, CancellationToken cancellationToken) =>
        (await AskLoadedAsync((admin, limit) => admin.ImportsAsync(id, limit), s_patience, cancellationToken)).ConvertAll(static of => of.Answer).FirstOrDefault();

    /// <summary>Of all workers that have the tenant: the others load what there is when they are first asked.</summary>
    public async Task<AdminReload?> ReloadAsync(string id, CancellationToken cancellationToken) =>
        // A worker that ends meanwhile has ended the tenant.
        Worst((await AskAsync((admin, limit) => admin.ReloadAsync(id, limit), () => new AdminReload(id, ReloadOutcome.Evicted.Lower(), 0, 0, null), Timeout.InfiniteTimeSpan, cancellationToken))
            .Select(static of => of.Answer));

    public async Task<bool> EvictAsync(string id, CancellationToken cancellationToken) =>
        (await AskAsync((admin, limit) => admin.EvictAsync(id, limit), static () => false, Timeout.InfiniteTimeSpan, cancellationToken)).Exists(static of => of.Answer);

    /// <summary>By one of those that have loaded it; the files are the same for all.</summary>
    public async Task<AdminInstallEnd> InstallAsync(string id, bool recreates, CancellationToken cancellationToken)
    {
        foreach (var worker in workers.Serving)
        {
            try
            {
                var end = await worker.Admin.InstallAsync(id, recreates, cancellationToken);
                if (end.Install is { Reload: not null } install)
                    return end with { Install = install with { Reload = await ReloadAsync(id, cancellationToken) } };
                if (end.Install is not null || end.Problem is not null)
                    return end;
            }
            catch (Exception e) when (GatewayWorker.IsAway(e) && !cancellationToken.IsCancellationRequested)
            {
                // Another one has it too, or will be asked for it.
            }
        }

        return AdminInstallEnd.NoSuchTenant;
    }

    /// <summary>An editor attaches to one process.</summary>
    public Task<AdminDebugStart> DebugAsync(string id, int? port, bool waits, CancellationToken cancellationToken) =>
        Task.FromResult(AdminDebugStart.Refuse(StatusCodes.Status409Conflict, "With several gateways (--workers) no app is debugged: run one."));

    public Task<AdminDebug?> FindDebugAsync(string id, CancellationToken cancellationToken) => Task.FromResult<AdminDebug?>(null);

    public Task<bool> StopDebugAsync(string id, CancellationToken cancellationToken) => Task.FromResult(false);

    /// <summary>Failed where it failed in one, else loaded where it was loaded in one. Null for none at all.</summary>
    private static AdminReload? Worst(IEnumerable<AdminReload?> all)
    {
        var results = all.OfType<AdminReload>().ToList();
        var worst = results.MaxBy(static result => Enum.Parse<ReloadOutcome>(result.Outcome, ignoreCase: true) switch
        {
            ReloadOutcome.Failed => 2,
            ReloadOutcome.Loaded => 1,
            _ => 0,
        });
        return worst is null ? null : worst with { Generation = results.Max(static result => result.Generation), DurationMs = results.Max(static result => result.DurationMs) };
    }

    /// <summary>What those tell that have loaded a tenant; of which there are none when none knows it.</summary>
    /// <exception cref="NoProfileException">None that knows it tells.</exception>
    private async Task<List<(GatewayWorker Worker, T Answer)>> AskLoadedAsync<T>(Func<WorkerClient, CancellationToken, Task<T?>> ask, TimeSpan patience, CancellationToken cancellationToken)
        where T : class
    {
        var all = await AskAsync((admin, limit) => NoProfileException.CatchAsync(ask(admin, limit)), static () => (null, null), patience, cancellationToken);
        List<(GatewayWorker, T)> found = [.. all.Where(static of => of.Answer.Found is not null).Select(static of => (of.Worker, of.Answer.Found!))];
        return found.Count == 0 && all.Select(static of => of.Answer.Refusal).FirstOrDefault(static refusal => refusal is not null) is { } refusal ? throw refusal : found;
    }

    /// <param name="away">The answer of a worker that is not there, or hangs for longer than this waits.</param>
    private async Task<List<(GatewayWorker Worker, T Answer)>> AskAsync<T>(Func<WorkerClient, CancellationToken, Task<T>> ask, Func<T> away, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        return [.. await Task.WhenAll(workers.Serving.Select(AskOneAsync))];

        async Task<(GatewayWorker Worker, T Answer)> AskOneAsync(GatewayWorker worker)
        {
            try
            {
                return (worker, await ask(worker.Admin, limit.Token));
            }
            catch (Exception e) when (GatewayWorker.IsAway(e) && !cancellationToken.IsCancellationRequested)
            {
                return (worker, away());
            }
        }
    }
}
