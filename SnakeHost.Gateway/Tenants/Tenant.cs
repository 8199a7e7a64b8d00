using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Packages;
using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Gateway.Tenants;

/// <summary>
/// One resolved app, with the generation that answers for it. Requests read <see cref="Current"/> without a lock; all else changes under
/// <see cref="Gate"/>, by the registry and its parts only.
/// </summary>
internal sealed class Tenant(string id, TenantSpecification specification, string keyHash, CoarseClock clock)
{
    private const int MostAbandonedLoads = 4;

    // Of each, the last ones.
    private const int MostLoads = 100;
    private const int MostKept = 10;

    private readonly List<Generation> _live = [];
    private volatile Generation? _current;
    private TenantState? _reported;
    private long _touched = clock.Now;
    private int _abandonedLoads;
    private long _endedRequests;
    private long _staleVersion;
    private long _freshVersion;
    private long _refused;
    private TimeSpan? _pause;
    private readonly Queue<LoadMemory> _loads = [];
    private readonly Queue<KeptGeneration> _kept = [];

    /// <summary>Readable, unique, stable while the process lives.</summary>
    public string Id { get; } = id;

    public TenantSpecification Specification { get; } = specification;

    /// <summary>The virtual environment, as its last load has found it; null for none.</summary>
    public string? Venv { get; private set; } = specification.Venv;

    /// <summary>What is to be loaded, with that environment.</summary>
    public TenantSpecification Placed => Specification with { Venv = Venv };

    /// <summary>Which of its routes metrics tell.</summary>
    public MeasuredRoutes Routes { get; } = new();

    /// <summary>Which of its requests are recorded.</summary>
    public TenantTraces Traces { get; } = new();

    /// <summary>SHA-256 of <see cref="TenantSpecification.Key"/>, in hex.</summary>
    public string KeyHash { get; } = keyHash;

    /// <summary>The generation that answers; null while there is none.</summary>
    public Generation? Current => _current;

    public TenantState State
    {
        get
        {
            lock (Gate)
                return StateUnderGate;
        }
    }

    /// <summary>Whether the source has changed since the start of the load of the current generation.</summary>
    public bool IsStale => Volatile.Read(ref _staleVersion) != Volatile.Read(ref _freshVersion);

    internal Lock Gate { get; } = new();

    // All below: under Gate.
    internal LoadOperation? Running { get; set; }

    internal LoadOperation? Next { get; set; }

    internal TenantFailure? Failure { get; private set; }

    /// <summary>Whether the failure may no longer answer requests.</summary>
    internal bool FailureForgotten { get; set; }

    /// <summary>Why it is evicted when the running load has ended.</summary>
    internal EvictReason? EvictRequested { get; set; }

    internal bool Retired { get; private set; }

    /// <summary>Requests that wait for a load of it.</summary>
    internal int Waiters { get; set; }

    internal int LastNumber { get; set; }

    internal long Reloads { get; set; }

    internal TimeSpan LastLoad { get; private set; }

    internal long Failures { get; private set; }

    /// <summary>Whether as many loads that were given up still run as may: another one would only hang beside them.</summary>
    internal bool HasTooManyAbandonedLoads => Volatile.Read(ref _abandonedLoads) >= MostAbandonedLoads;

    /// <summary>How often its source has changed.</summary>
    internal long StaleVersion => Volatile.Read(ref _staleVersion);

    /// <summary>Watches its source from its first load on, if anybody does.</summary>
    internal TenantWatch? Watch { get; set; }

    /// <summary>When it was last of use, in <see cref="CoarseClock"/>'s milliseconds.</summary>
    internal long LastUsed => Math.Max(Volatile.Read(ref _touched), _current?.LastUsed ?? 0);

    private TenantState StateUnderGate =>
        Retired ? TenantState.Evicted
        : Running is not null ? (_current is null ? TenantState.Loading : TenantState.Reloading)
        : _current is not null ? TenantState.Ready
        : TenantState.Failed;

    public TenantSnapshot ToSnapshot()
    {
        var lacksPackages = LacksPackages();
        lock (Gate)
        {
            var shown = _current ?? (_live.Count > 0 ? _live[^1] : null);
            return new TenantSnapshot(
                Id,
                KeyHash,
                shown?.Application.App ?? Specification.App,
                (shown?.Application.Interface ?? Specification.Interface).Lower(),
                Specification.WorkingDirectory,
                Venv,
                StateUnderGate.Lower(),
                _current?.Number ?? LastNumber,
                IsStale,
                _current?.Application.Modules ?? 0,
                LastLoad.TotalMilliseconds,
                Reloads,
                Failures,
                _endedRequests + _live.Sum(generation => generation.Requests),
                _live.Sum(generation => generation.InFlight),
                Waiters + _live.Sum(generation => generation.Application.QueueLength),
                Interlocked.Read(ref _refused),
                clock.ToDateTime(LastUsed),
                Failure?.Error,
                ((shown is null ? Specification.Isolation == IsolationMode.Process : shown.Application.IsElsewhere) ? IsolationMode.Process : IsolationMode.Shared).Lower(),
                shown?.Application.ProcessReason,
                shown?.Application.Processes ?? [],
                shown?.Application.IsDebugged ?? false,
                lacksPackages,
                Workers: []);
        }
    }

    /// <summary>Of a tenant that works with an environment of its own nobody has to know how that was made.</summary>
    private bool LacksPackages() =>
        (Venv is null || Failure is not null) && AppPackages.FindSource(Specification.WorkingDirectory) is { } source
        && (Venv is not { } venv || !AppPackages.IsMadeOf(venv, Specification.WorkingDirectory, source));

    /// <summary>Those that are loaded and not disposed: the current one, and those that end.</summary>
    internal IReadOnlyList<Generation> LiveGenerations()
    {
        lock (Gate)
            return [.. _live];
    }

    /// <summary>What its last loads have cost in memory, and those of its generations that are still there although they have ended.</summary>
    internal (IReadOnlyList<LoadMemory> Loads, IReadOnlyList<KeptGeneration> Kept) Memory()
    {
        lock (Gate)
            return ([.. _loads], [.. _kept]);
    }

    internal void AddLoad(LoadMemory load)
    {
        lock (Gate)
        {
            _loads.Enqueue(load);
            if (_loads.Count > MostLoads)
                _loads.Dequeue();
        }
    }

    internal void AddKept(KeptGeneration kept)
    {
        lock (Gate)
        {
            _kept.Enqueue(kept);
            if (_kept.Count > MostKept)
                _kept.Dequeue();
        }
    }

    /// <summary>Counts a request that found the queue full.</summary>
    internal void CountRefused() => Interlocked.Increment(ref _refused);

    /// <summary>Holds the current generation for a request, without a lock.</summary>
    internal bool TryAcquire(out Lease lease)
    {
        var generation = _current;
        while (generation is not null)
        {
            if (generation.TryAcquire(out lease))
                return true;

            // Refused: it was swapped after the read, or it is leaving for good.
            var now = _current;
            if (ReferenceEquals(now, generation))
                break;
            generation = now;
        }

        lease = default;
        return false;
    }

    /// <summary>Looks which environment the next load is to use.</summary>
    internal string? FindVenv() => Venv = Specification.Venv ?? PackageFolder.FindOf(Specification.WorkingDirectory);

    internal void CountAbandonedLoad(int change) => Interlocked.Add(ref _abandonedLoads, change);

    internal void Touch() => Volatile.Write(ref _touched, clock.Now);

    /// <summary>Publishes a loaded generation; returns the one it replaces, closed to requests.</summary>
    internal Generation? Swap(Generation next, long loadedVersion)
    {
        var old = _current;
        _live.Add(next);
        _current = next;
        LastLoad = next.LoadDuration;
        Failure = null;
        Volatile.Write(ref _freshVersion, loadedVersion);

        // After the new one is published: who is refused by the old one finds the new one.
        old?.Drain();
        return old;
    }

    /// <summary>Puts a failure in the place of the current generation; returns that, closed to requests.</summary>
    internal Generation? Fail(TenantFailure failure, TimeSpan duration)
    {
        var old = _current;
        _current = null;
        Failure = failure;
        FailureForgotten = false;
        Failures++;
        LastLoad = duration;
        old?.Drain();
        return old;
    }

    /// <summary>Whether nobody uses it and it may be evicted; then its generation, if any, is closed to requests in the same step.</summary>
    internal bool TryDrainIfIdle() =>
        Running is null && Waiters == 0 && (_current is null || _current.TryDrainIfIdle());

    internal void Retire()
    {
        Retired = true;
        if (_current is { State: GenerationState.Ready } generation)
            generation.Drain();
    }

    /// <summary>Lets go of the generation of a retired tenant, which a request's resolution may still name.</summary>
    internal Generation? Leave()
    {
        lock (Gate)
        {
            var last = _current;
            _current = null;
            return last;
        }
    }

    /// <summary>How long to wait before the app is loaded again, whose process has ended.</summary>
    internal TimeSpan NextPause(TimeSpan lived)
    {
        var pause = RestartPause.Next(_pause, lived);
        _pause = pause;
        return pause;
    }

    internal void MarkStale() => Volatile.Write(ref _staleVersion, _staleVersion + 1);

    internal void Forget(Generation disposed)
    {
        if (_live.Remove(disposed))
            _endedRequests += disposed.Requests;
    }

    /// <summary>Moves it from one state's count to another's.</summary>
    internal void ReportState()
    {
        var state = StateUnderGate;
        if (state == _reported)
            return;
        if (_reported is { } old)
            SnakeHostTelemetry.Tenants.Add(-1, new KeyValuePair<string, object?>(SnakeHostTelemetry.Attributes.State, old.Lower()));
        _reported = state;
        if (state != TenantState.Evicted)
            SnakeHostTelemetry.Tenants.Add(1, new KeyValuePair<string, object?>(SnakeHostTelemetry.Attributes.State, state.Lower()));
    }
}
