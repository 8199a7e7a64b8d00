using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Gateway.Tenants;

/// <summary>Runs the loads of tenants: so many at once, each so long, and one after the other for one tenant.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "A SemaphoreSlim whose wait handle is never asked for holds nothing to dispose.")]
internal sealed class TenantLoads(
    IApplicationLoader loader,
    TenantOptions options,
    TimeSpan grace,
    CoarseClock clock,
    BackgroundWork background,
    GenerationDrainer drains,
    TenantEventPublisher journal,
    Action<Tenant, EvictReason> retire)
{
    /// <summary>Whoever waits for a load that takes longer is told that it goes on.</summary>
    private static readonly TimeSpan s_slow = TimeSpan.FromSeconds(15);

    private readonly SemaphoreSlim _slots = new(options.MaxConcurrentLoads);
    private readonly TimeProvider _time = clock.Time;

    public ReloadManager? Freshness { get; set; }

    /// <summary>Takes the right to one load, for <see cref="Start"/>; does not wait for one.</summary>
    public bool TryReserve() => _slots.Wait(0);

    public void Unreserve() => _slots.Release();

    /// <summary>Starts a load. Under the tenant's gate, with no other one running.</summary>
    /// <param name="reserved">Whether the right to it has been taken; else it waits for its turn.</param>
    public void Start(Tenant tenant, LoadOperation operation, bool reserved)
    {
        tenant.Running = operation;
        tenant.ReportState();
        _ = background.Run(() => RunAsync(tenant, operation, reserved));
    }

    private async Task RunAsync(Tenant tenant, LoadOperation operation, bool reserved)
    {
        var result = ReloadResult.Gone;
        try
        {
            if (!reserved)
                await _slots.WaitAsync(operation.Cancellation.Token).ConfigureAwait(false);
            try
            {
                result = operation.Reason is { } reason
                    ? await ReloadAsync(tenant, operation, reason).ConfigureAwait(false)
                    : await LoadAsync(tenant, operation, SnakeHostTelemetry.Spans.TenantImport, operation.Parent).ConfigureAwait(false);
            }
            finally
            {
                _slots.Release();
            }
        }
        catch (OperationCanceledException) when (operation.Cancellation.IsCancellationRequested)
        {
            // Evicted, as the result says, or the next one is to take its place.
        }

        EvictReason? evict;
        LoadOperation? next = null;
        lock (tenant.Gate)
        {
            evict = tenant.EvictRequested;
            if (evict is null)
                next = Advance(tenant);
        }

        // Before the operation completes: who waited for it must find the tenant gone.
        if (evict is { } why)
            retire(tenant, why);
        else if (next is not null && ReferenceEquals(result, ReloadResult.Gone))
            result = await next.Task.ConfigureAwait(false);
        operation.Complete(result);
    }

    /// <summary>The load that follows, if there is one.</summary>
    private LoadOperation? Advance(Tenant tenant)
    {
        tenant.Running = null;
        var next = tenant.Next;
        tenant.Next = null;
        if (next is not null)
            Start(tenant, next, reserved: false);
        else
            tenant.ReportState();
        return next;
    }

    private async Task<ReloadResult> ReloadAsync(Tenant tenant, LoadOperation operation, ReloadReason reason)
    {
        using var span = SnakeHostTelemetry.Source.StartActivity(SnakeHostTelemetry.Spans.TenantReload, ActivityKind.Internal, operation.Parent);
        span.Describe(reason);
        span?.SetTag(SnakeHostTelemetry.Attributes.ReloadWaitMs, Stopwatch.GetElapsedTime(operation.Asked).TotalMilliseconds);
        var result = await LoadAsync(tenant, operation, SnakeHostTelemetry.Spans.Import, span?.Context ?? default).ConfigureAwait(false);
        if (span is not null)
        {
            span.SetTag(SnakeHostTelemetry.Attributes.Tenant, tenant.Id);
            span.SetTag(SnakeHostTelemetry.Attributes.Generation, result.Generation);
            span.SetTag(SnakeHostTelemetry.Attributes.Outcome, result.Outcome.ToString());
            if (result.Failure is { } failure)
                span.Fail(failure.Cause);
        }

        return result;
    }

    private async Task<ReloadResult> LoadAsync(Tenant tenant, LoadOperation operation, string spanName, ActivityContext parent)
    {
        Generation generation;
        long version;
        lock (tenant.Gate)
        {
            generation = new Generation(tenant, ++tenant.LastNumber, clock);

            // Before anything is read: what changes from now on leaves the new generation stale.
            version = tenant.StaleVersion;
        }

        var started = _time.GetTimestamp();
        var resident = Environment.WorkingSet;
        var span = operation.Reason is null ? StartSpan() : null;
        journal.Loading(generation, operation.Reason);
        IPythonApplication application;
        try
        {
            tenant.FindVenv();
            if (tenant.Specification.Autoreload && Freshness is { } freshness)
                Watch(freshness, generation, operation, parent);
            span ??= StartSpan();
            application = await ImportAsync(generation, operation, started).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !operation.Cancellation.IsCancellationRequested)
        {
            span.Fail(exception);
            return Fail(generation, operation, exception, _time.GetElapsedTime(started), parent);
        }
        finally
        {
            span?.Dispose();
        }

        tenant.AddLoad(Measure(generation, application, resident));
        return Publish(generation, application, operation, version, _time.GetElapsedTime(started), parent);

        Activity? StartSpan()
        {
            var started = SnakeHostTelemetry.Source.StartActivity(spanName, ActivityKind.Internal, parent);
            started.Describe(generation);
            return started;
        }
    }

    private LoadMemory Measure(Generation generation, IPythonApplication application, long before)
    {
        var (added, resident) = application.IsElsewhere
            ? (application.Processes.Sum(static process => process.MemoryBytes), application.Processes.Sum(static process => process.MemoryBytes))
            : (Environment.WorkingSet - before, Environment.WorkingSet);
        return new LoadMemory(generation.Number, _time.GetUtcNow(), added, resident);
    }

    /// <summary>What changes from here on is noticed; as a part of a reload it has a span.</summary>
    private static void Watch(ReloadManager freshness, Generation generation, LoadOperation operation, ActivityContext parent)
    {
        using var span = operation.Reason is null
            ? null
            : SnakeHostTelemetry.Source.StartActivity(SnakeHostTelemetry.Spans.Invalidate, ActivityKind.Internal, parent);
        span.Describe(generation);
        (generation.Tenant.Watch ??= new TenantWatch(generation.Tenant, freshness)).Loading();
    }

    private async Task<IPythonApplication> ImportAsync(Generation generation, LoadOperation operation, long started)
    {
        var stop = CancellationTokenSource.CreateLinkedTokenSource(operation.Cancellation.Token);
        using var slow = _time.CreateTimer(
            _ => journal.Slow(generation, _time.GetElapsedTime(started), options.LoadTimeout), null, s_slow, Timeout.InfiniteTimeSpan);

        // Asked before it begins: who ends the debugger afterwards finds it here.
        operation.IsDebugged = loader.IsDebugged(generation.Tenant.Id, generation.Tenant.Specification);
        var limit = operation.IsDebugged ? Timeout.InfiniteTimeSpan : options.LoadTimeout;
        // A loader that blocks before its first await must not take the timeout's thread with it.
        var load = Task.Run(() => loader.LoadAsync(generation.Tenant.Id, generation.Tenant.Placed, generation.Number, stop.Token), CancellationToken.None);
        await ((Task)load).WaitAsync(limit, _time, operation.Cancellation.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (load.IsCompleted)
            return await load.ConfigureAwait(false);

        if (!operation.Cancellation.IsCancellationRequested)
        {
            Abandon(generation, load, started);
            _ = stop.CancelAsync();
            throw new TenantLoadTimeoutException(generation.Tenant.Id, generation.Number, options.LoadTimeout);
        }

        await ((Task)load).WaitAsync(grace, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (load.IsCompleted)
            return await load.ConfigureAwait(false);
        Abandon(generation, load, started);
        throw new OperationCanceledException(operation.Cancellation.Token);
    }

    /// <summary>No longer waits for a load. Not work that shutdown waits for: it has been asked to stop and may never.</summary>
    private void Abandon(Generation generation, Task<IPythonApplication> load, long started)
    {
        generation.Tenant.CountAbandonedLoad(1);
        journal.Abandoned(generation, _time.GetElapsedTime(started));
        _ = EndAsync();

        async Task EndAsync()
        {
            Exception? failure = null;
            try
            {
                await (await load.ConfigureAwait(false)).EndAsync(TimeSpan.Zero).ConfigureAwait(false);
            }
            catch (LoadAbandonedException abandoned)
            {
                await abandoned.Ended.ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                failure = exception is OperationCanceledException ? null : exception;
            }

            generation.Tenant.CountAbandonedLoad(-1);
            journal.AbandonedEnded(generation, _time.GetElapsedTime(started), failure);
        }
    }

    private ReloadResult Publish(
        Generation generation, IPythonApplication application, LoadOperation operation, long version, TimeSpan elapsed, ActivityContext parent)
    {
        var tenant = generation.Tenant;
        generation.Open(application, elapsed, tenant.LastUsed);
        tenant.Watch?.Loaded(application.SourceFiles);

        Generation? old = null;
        bool wanted;
        using (var span = operation.Reason is null
            ? null
            : SnakeHostTelemetry.Source.StartActivity(SnakeHostTelemetry.Spans.Swap, ActivityKind.Internal, parent))
        {
            span.Describe(generation);
            lock (tenant.Gate)
            {
                wanted = tenant.EvictRequested is null;
                if (wanted)
                {
                    old = tenant.Swap(generation, version);
                    if (operation.Reason is not null)
                        tenant.Reloads++;
                }
            }
        }

        if (!wanted)
        {
            generation.Drain();
            drains.Start(generation, parent);
            return ReloadResult.Gone;
        }

        journal.Ready(generation, operation.Reason);
        if (old is not null)
            drains.Start(old, parent);
        if (application.IsElsewhere)
            _ = FollowAsync(generation);
        return new ReloadResult(ReloadOutcome.Loaded, generation.Number, elapsed, null);
    }

    /// <summary>Loads the app again when it has been lost: at once, and later each time that it does not live for long.</summary>
    private async Task FollowAsync(Generation generation)
    {
        var tenant = generation.Tenant;
        var end = await generation.Application.Lost.ConfigureAwait(false);
        TimeSpan pause;
        TenantFailure failure;
        lock (tenant.Gate)
        {
            if (tenant.Retired || tenant.Current != generation)
                return;
            pause = tenant.NextPause(_time.GetElapsedTime(generation.Opened));
            failure = new TenantFailure(generation.Number, ProcessLostException.Because(end), clock.Now) { Pause = pause };
            tenant.Fail(failure, generation.LoadDuration);
        }

        journal.Lost(generation, failure, end, pause);
        drains.Start(generation, default);
        await Task.Delay(pause, _time).ConfigureAwait(false);
        lock (tenant.Gate)
        {
            if (!tenant.Retired && tenant.EvictRequested is null && tenant.Failure == failure && tenant.Running is null)
                Start(tenant, new LoadOperation(ReloadReason.ProcessLost), reserved: false);
        }
    }

    private ReloadResult Fail(Generation generation, LoadOperation operation, Exception exception, TimeSpan elapsed, ActivityContext parent)
    {
        var tenant = generation.Tenant;
        var failure = new TenantFailure(generation.Number, exception, clock.Now);
        generation.Fail();

        Generation? old;
        lock (tenant.Gate)
        {
            if (tenant.EvictRequested is not null)
                return ReloadResult.Gone;
            old = tenant.Fail(failure, elapsed);
        }

        journal.Failed(generation, operation.Reason, failure, elapsed);
        if (old is not null)
            drains.Start(old, parent);
        return new ReloadResult(ReloadOutcome.Failed, generation.Number, elapsed, failure.Error) { Failure = failure };
    }
}
