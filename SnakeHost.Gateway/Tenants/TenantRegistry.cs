using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Tenants;

/// <summary>
/// All tenants. A request for a loaded tenant reads without a lock; a miss loads once per key, however many wait for it. At most
/// <see cref="TenantOptions.MaxTenants"/> are kept: for another one the least recently used that nobody uses has to go.
/// </summary>
internal sealed class TenantRegistry : IAsyncDisposable
{
    private readonly IApplicationLoader _loader;
    private readonly TenantOptions _options;
    /// <summary>How long what has used up its grace may take to end when it is cancelled, interrupted and disposed.</summary>
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(15);

    private readonly TimeSpan _grace;
    private TimeSpan? _left;
    private readonly CoarseClock _clock;
    private readonly BackgroundWork _background = new();
    private readonly TenantEventPublisher _events;
    private readonly EndedGenerations _ended;
    private readonly GenerationDrainer _drains;
    private readonly TenantLoads _loads;
    private readonly TenantTable _table;
    private readonly ITimer? _sweeper;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TenantRegistry(IApplicationLoader loader, TenantOptions options, ReloadOptions reload, TimeProvider time, ILogger<TenantRegistry> logger)
    {
        _loader = loader;
        _options = options;
        _grace = reload.Grace;
        _clock = new CoarseClock(time);
        _events = new TenantEventPublisher(time, logger);
        _ended = new EndedGenerations(time, _events);
        _drains = new GenerationDrainer(_grace, time, _background, _events, _ended);
        _loads = new TenantLoads(loader, options, _grace, _clock, _background, _drains, _events, RetireAfterLoad);
        _table = new TenantTable(options, _clock, _loads, OnRetired);
        if (options.IdleTimeout > TimeSpan.Zero)
        {
            var period = TimeSpan.FromMilliseconds(Math.Clamp(options.IdleTimeout.TotalMilliseconds / 10, 100, 60_000));
            using (ExecutionContext.IsFlowSuppressed() ? default(IDisposable) : ExecutionContext.SuppressFlow())
                _sweeper = time.CreateTimer(static table => ((TenantTable)table!).Sweep(), _table, period, period);
        }
    }

    /// <summary>Every change of a tenant's state.</summary>
    public TenantEvents Events => _events.Events;

    /// <summary>Asked for tenants with autoreload; set once, before the first request. Null: sources are never looked at.</summary>
    public ReloadManager? Freshness
    {
        get => _loads.Freshness;
        set => _loads.Freshness = value;
    }

    /// <summary>The tenants there are now, in no order.</summary>
    public IReadOnlyCollection<Tenant> Tenants => _table.All;

    /// <summary>Becomes another one with requests that begin or end, about a second precise, and with loads and evictions.</summary>
    public (long LastUsed, long Loads) Activity =>
        _table.All.Aggregate((LastUsed: 0L, Loads: 0L), static (all, tenant) => (Math.Max(all.LastUsed, tenant.LastUsed), all.Loads + tenant.LastNumber));

    public Tenant? Find(string id) => _table.Find(id);

    public Tenant? Find(TenantSpecification specification) => _table.TryGet(specification, out var tenant) ? tenant : null;

    public IReadOnlyList<TenantSnapshot> Snapshot() =>
        [.. _table.All.Select(tenant => tenant.ToSnapshot()).OrderBy(tenant => tenant.Id, StringComparer.Ordinal)];

    /// <summary>Holds the tenant's current generation for a request, loading it first if need be. Dispose the lease when the request has ended.</summary>
    /// <exception cref="TenantLoadException">The last load failed.</exception>
    /// <exception cref="TenantLoadTimeoutException">The last load took too long.</exception>
    /// <exception cref="TenantException">There is no room now.</exception>
    /// <exception cref="OperationCanceledException">The caller went away; a load goes on for others.</exception>
    /// <param name="queue">So many requests may wait for a load.</param>
    public ValueTask<Lease> AcquireAsync(TenantSpecification specification, CancellationToken cancellationToken, int queue = int.MaxValue) =>
        TryAcquire(specification, out var lease) ? new ValueTask<Lease>(lease) : AcquireSlowlyAsync(specification, queue, cancellationToken);

    /// <summary>Holds the tenant's current generation if it is loaded and fresh; else <see cref="AcquireAsync"/> waits for that.</summary>
    public bool TryAcquire(TenantSpecification specification, out Lease lease)
    {
        lease = default;
        return _table.TryGet(specification, out var tenant) && TryAcquire(tenant, out lease);
    }

    /// <summary>As the other overload; false too for a tenant that has been evicted.</summary>
    public static bool TryAcquire(Tenant tenant, out Lease lease)
    {
        lease = default;
        return IsFresh(tenant) && tenant.TryAcquire(out lease);
    }

    /// <summary>
    /// Loads a new generation and swaps it in; the old one answers until then, and drains. One reload runs at a time for a tenant: a call that comes
    /// while a load runs is answered by the next one, together with all others that come before that begins, so that what changed before the call is
    /// always seen. If the load fails, requests get the failure until one succeeds.
    /// </summary>
    /// <param name="cancellationToken">Ends the caller's waiting, not the reload.</param>
    public Task<ReloadResult> ReloadAsync(Tenant tenant, ReloadReason reason, CancellationToken cancellationToken)
    {
        LoadOperation operation;
        lock (tenant.Gate)
        {
            if (tenant.Retired || tenant.EvictRequested is not null)
                return Task.FromResult(ReloadResult.Gone);
            if (tenant.Running is null)
            {
                operation = new LoadOperation(reason);
                _loads.Start(tenant, operation, reserved: false);
            }
            else if (tenant.Next is { } next)
            {
                operation = next;
                operation.Merge(reason);
            }
            else
            {
                tenant.Next = operation = new LoadOperation(reason);
            }
        }

        return operation.Task.WaitAsync(cancellationToken);
    }

    /// <summary>As the other overload; null when there is no such tenant.</summary>
    public async Task<ReloadResult?> ReloadAsync(string id, ReloadReason reason, CancellationToken cancellationToken) =>
        Find(id) is { } tenant ? await ReloadAsync(tenant, reason, cancellationToken).ConfigureAwait(false) : null;

    /// <summary>As the other overloads, for a tenant that is not debugged any more: a load with its debugger, which may wait for an editor, is given up for this one.</summary>
    public async Task<ReloadResult?> ReloadWithoutDebuggerAsync(string id, CancellationToken cancellationToken)
    {
        if (Find(id) is not { } tenant)
            return null;
        LoadOperation? debugged;
        Task<ReloadResult> reload;
        lock (tenant.Gate)
        {
            debugged = tenant.Running is { IsDebugged: true } running ? running : null;
            reload = ReloadAsync(tenant, ReloadReason.Manual, cancellationToken);
        }

        if (debugged is not null)
            await debugged.Cancellation.CancelAsync().ConfigureAwait(false);
        return await reload.ConfigureAwait(false);
    }

    /// <summary>Loads a tenant as a request for it would, and tries again what has failed. What is loaded stays as it is.</summary>
    /// <exception cref="TenantException">There is no room now.</exception>
    public async Task<(string Id, ReloadResult Result)> StartAsync(TenantSpecification specification, CancellationToken cancellationToken)
    {
        if (Find(specification) is { Failure: not null } failed)
            return (failed.Id, await ReloadAsync(failed, ReloadReason.Manual, cancellationToken).ConfigureAwait(false));
        var started = _clock.Time.GetTimestamp();
        try
        {
            using var lease = await AcquireAsync(specification, cancellationToken).ConfigureAwait(false);
            return (lease.Tenant.Id, new ReloadResult(ReloadOutcome.Loaded, lease.Generation.Number, _clock.Time.GetElapsedTime(started), null));
        }
        catch (TenantException) when (Find(specification) is { Failure: { } failure } tenant)
        {
            return (tenant.Id, new ReloadResult(ReloadOutcome.Failed, failure.Generation, _clock.Time.GetElapsedTime(started), failure.Error));
        }
    }

    /// <summary>
    /// Removes a tenant, in use or not: a later request makes a new one. Its generation drains behind this; a load that runs is cancelled, and given
    /// up after the grace period. Completes when the tenant is gone; false when it was before.
    /// </summary>
    public async Task<bool> EvictAsync(Tenant tenant, EvictReason reason = EvictReason.Manual)
    {
        while (true)
        {
            LoadOperation? running;
            lock (tenant.Gate)
            {
                if (tenant.Retired)
                    return false;
                running = tenant.Running;
                if (running is not null)
                    tenant.EvictRequested ??= reason;
            }

            if (running is not null)
            {
                await running.Cancellation.CancelAsync().ConfigureAwait(false);
                await running.Task.ConfigureAwait(false);
                return true;
            }

            if (_table.TryRetire(tenant, reason))
                return true;
        }
    }

    /// <summary>As the other overload; false when there is no such tenant.</summary>
    public async Task<bool> EvictAsync(string id, EvictReason reason = EvictReason.Manual) =>
        Find(id) is { } tenant && await EvictAsync(tenant, reason).ConfigureAwait(false);

    /// <summary>The tenant's source changed: shows it as stale until a load that starts after this succeeds, and forgets its failure.</summary>
    public void MarkStale(Tenant tenant, IReadOnlyList<string> changedFiles)
    {
        lock (tenant.Gate)
        {
            tenant.MarkStale();
            tenant.FailureForgotten = true;
        }

        _events.Stale(tenant, changedFiles);
    }

    /// <summary>
    /// Takes no more requests, cancels loads, waits for requests up to the grace period and disposes all applications, each as soon as it can be.
    /// What has not ended some seconds after that is left behind and logged.
    /// </summary>
    public ValueTask DisposeAsync() => new(StopAsync(_grace));

    /// <summary>As <see cref="DisposeAsync"/>, with what is left of the grace: the server has begun to wait for the same requests before.</summary>
    public async Task StopAsync(TimeSpan grace)
    {
        if (_table.Close() is not { } tenants)
        {
            await _stopped.Task.ConfigureAwait(false);
            return;
        }

        var started = _clock.Time.GetTimestamp();
        _left = grace;
        if (_sweeper is not null)
            await _sweeper.DisposeAsync().ConfigureAwait(false);
        await _ended.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(tenants.Select(tenant => EvictAsync(tenant, EvictReason.Shutdown))).ConfigureAwait(false);

        var limit = grace == Timeout.InfiniteTimeSpan ? grace : grace + s_timeout;
        var idle = _background.WhenIdleAsync();
        await idle.WaitAsync(limit, _clock.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!idle.IsCompleted)
            _events.ShutdownIncomplete(_clock.Time.GetElapsedTime(started));
        Events.Complete();
        _stopped.SetResult();
    }

    private static bool IsFresh(Tenant tenant) => tenant.Watch is not { IsFreshNow: false };

    private async ValueTask<Lease> AcquireSlowlyAsync(TenantSpecification specification, int queue, CancellationToken cancellationToken)
    {
        // A request waits for freshness once: what changes after it came is not its business, and it must not wait for ever for a busy editor.
        var isFresh = false;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var tenant = _table.GetOrAdd(specification, out var added);
            if (!isFresh && !added && !IsFresh(tenant))
                await tenant.Watch!.WaitAsync(cancellationToken).ConfigureAwait(false);
            isFresh = true;

            if (tenant.TryAcquire(out var lease))
                return lease;
            if (JoinLoad(tenant, queue) is not { } load)
                continue;
            try
            {
                var result = await load.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
                if (tenant.TryAcquire(out lease))
                    return lease;
                if (result.Failure is { } failure && !IsLoading(tenant))
                    throw failure.ToException(tenant.Id);
            }
            finally
            {
                lock (tenant.Gate)
                    tenant.Waiters--;
            }
        }
    }

    /// <summary>The load to wait for, started if none runs; the tenant is not idle until the waiter leaves. Null: look again, things have changed.</summary>
    private LoadOperation? JoinLoad(Tenant tenant, int queue)
    {
        lock (tenant.Gate)
        {
            if (tenant.Retired)
                return null;
            if (tenant.Running is null)
            {
                if (tenant.Current is not null)
                    return null;
                tenant.Touch();
                if (tenant.Failure is { } failure && !tenant.FailureForgotten && IsCached(tenant, failure))
                    throw failure.ToException(tenant.Id);
                if (!_loads.TryReserve())
                    throw TenantException.TooManyLoads(_options.MaxConcurrentLoads);
                _loads.Start(tenant, new LoadOperation(null), reserved: true);
            }

            if (tenant.Waiters >= queue)
            {
                tenant.CountRefused();
                throw TenantException.QueueFull(queue);
            }

            tenant.Waiters++;
            return tenant.Running;
        }
    }

    private bool IsCached(Tenant tenant, TenantFailure failure) =>
        _clock.Now - failure.At < (failure.Pause ?? _options.FailureCacheDuration).TotalMilliseconds || tenant.HasTooManyAbandonedLoads;

    private static bool IsLoading(Tenant tenant)
    {
        lock (tenant.Gate)
            return tenant.Running is not null;
    }

    private void RetireAfterLoad(Tenant tenant, EvictReason reason) => _table.TryRetire(tenant, reason, ofRunningLoad: true);

    private void OnRetired(Tenant tenant, EvictReason reason)
    {
        _events.Evicted(tenant, reason);
        _drains.StartEvict(tenant, tenant.Leave(), reason, _left);
        tenant.Watch?.Retire();
        _loader.Retired(tenant.Id, reason);
    }
}
