using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.Tenants;

/// <summary>
/// One loaded version of a tenant. <c>Loading → Ready → Draining → Disposed</c>, or <c>Loading → Failed</c>; nothing goes back. Requests count
/// themselves in and out without a lock; the last one out of a draining generation lets it be disposed.
/// </summary>
internal sealed class Generation(Tenant tenant, int number, CoarseClock clock)
{
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RequestCounter _requests = new();
    private IPythonApplication? _application;
    private int _state;
    private int _disposing;

    public Tenant Tenant { get; } = tenant;

    /// <summary>From 1, one more for each load that is tried.</summary>
    public int Number { get; } = number;

    public GenerationState State => (GenerationState)Volatile.Read(ref _state);

    /// <exception cref="InvalidOperationException">It has not been loaded.</exception>
    public IPythonApplication Application => _application ?? throw new InvalidOperationException($"Generation {Number} of '{Tenant.Id}' is not loaded.");

    /// <summary>How long loading it took.</summary>
    public TimeSpan LoadDuration { get; private set; }

    /// <summary>When it was loaded: a timestamp of the clock's.</summary>
    public long Opened { get; private set; }

    public int InFlight => _requests.InFlight;

    /// <summary>Requests that it was given so far.</summary>
    public long Requests => _requests.Total;

    /// <summary>When a request last began or ended, in <see cref="CoarseClock"/>'s milliseconds.</summary>
    internal long LastUsed => _requests.LastUsed;

    /// <summary>Completes when it takes no more requests and none is in flight.</summary>
    internal Task Empty => _empty.Task;

    /// <summary>Holds it for a request; fails unless it is <see cref="GenerationState.Ready"/>.</summary>
    internal bool TryAcquire(out Lease lease)
    {
        if (_requests.TryEnter(clock.Now, out var emptied))
        {
            lease = new Lease(this);
            return true;
        }

        // Not while it loads: then it is closed too, and is not done but has not begun.
        if (emptied && State == GenerationState.Draining)
            _empty.TrySetResult();
        lease = default;
        return false;
    }

    internal void Release()
    {
        if (_requests.Exit(clock.Now))
            _empty.TrySetResult();
    }

    internal void Open(IPythonApplication application, TimeSpan loadDuration, long lastUsed)
    {
        _application = application;
        LoadDuration = loadDuration;
        Opened = clock.Time.GetTimestamp();
        Move(GenerationState.Loading, GenerationState.Ready);
        _requests.Open(lastUsed);
    }

    internal void Fail() => Move(GenerationState.Loading, GenerationState.Failed);

    /// <summary>Takes no more requests.</summary>
    internal void Drain()
    {
        Move(GenerationState.Ready, GenerationState.Draining);
        if (_requests.Close())
            _empty.TrySetResult();
    }

    /// <summary>Takes no more requests, if none is in flight and no debugger is there: the check and the step are one.</summary>
    internal bool TryDrainIfIdle()
    {
        if (_application?.IsDebugged == true || !_requests.TryCloseIfIdle())
            return false;
        Move(GenerationState.Ready, GenerationState.Draining);
        _empty.TrySetResult();
        return true;
    }

    /// <summary>Ends the application; only the first call does. The caller has waited for <see cref="Empty"/> or for the grace period.</summary>
    internal async Task EndApplicationAsync(TimeSpan grace)
    {
        if (Interlocked.Exchange(ref _disposing, 1) != 0)
            return;
        try
        {
            await Application.EndAsync(grace).ConfigureAwait(false);
        }
        finally
        {
            Move(GenerationState.Draining, GenerationState.Disposed);
        }
    }

    private void Move(GenerationState from, GenerationState to)
    {
        var was = (GenerationState)Interlocked.CompareExchange(ref _state, (int)to, (int)from);
        if (was != from)
            throw new InvalidOperationException($"Generation {Number} of '{Tenant.Id}' is {was}, not {from}, and cannot become {to}.");
    }
}
