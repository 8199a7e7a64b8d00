using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Reload;

/// <summary>
/// What has changed for one tenant, and the reload that follows. Changes are counted; a reload answers all that were counted when it began.
/// </summary>
/// <remarks>
/// After a change, one task waits for the quiet window, reloads, and begins again if more has changed meanwhile. Lock order: the tree's lock,
/// then this one's, then the tenant's gate.
/// </remarks>
internal sealed class TenantWatch(Tenant tenant, TenantFreshness owner, ReloadOptions options, TimeProvider time) : IChangeSink
{
    private readonly Lock _gate = new();
    private readonly List<string> _files = [];
    private readonly WrittenByApp _writtenByApp = new();
    private TaskCompletionSource _poke = NewSignal();
    private TaskCompletionSource _ended = NewSignal();
    private IReadOnlyCollection<string> _writing = [];
    private volatile IWatchedTree? _tree;
    private long _changes;
    private long _answered;
    private long _lastChange;
    private long _waitingSince;
    private TimeSpan _slowest;
    private int _waiters;
    private bool _reloading;
    private volatile bool _missing;
    private bool _retired;

    public Tenant Tenant { get; } = tenant;

    public WatchTarget Target { get; } = TenantTarget.Of(tenant.Specification, owner.Filter);

    /// <summary>Null until the first look.</summary>
    public IWatchedTree? Tree
    {
        get => _tree;
        set => _tree = value;
    }

    /// <summary>As far as is known: see <see cref="IWatchedTree.TakeIn"/>.</summary>
    public bool IsFresh => !_missing && (Volatile.Read(ref _changes) == Volatile.Read(ref _answered) || !Tenant.IsStale);

    public void Changed(IReadOnlyList<string> paths, IReadOnlyCollection<string> writing)
    {
        lock (_gate)
        {
            if (_retired)
                return;
            _missing = false;
            paths = _writtenByApp.Filter(paths);
            if (paths.Count == 0)
                return;
            _files.AddRange(paths.Except(_files, StringComparer.Ordinal).ToList());
            Note(writing);
        }

        owner.Changed(this, paths);
    }

    public void Missing()
    {
        lock (_gate)
        {
            if (_retired || _missing)
                return;
            _missing = true;
            Note([]);
        }

        owner.DirectoryMissing(this);
    }

    public void Lost(string reason, TreeSnapshot last) => owner.Poll(this, reason, last);

    public void Ignored(string path, string reason) => owner.Ignored(Tenant, path, reason);

    public void LookedSlowly(TimeSpan took, int size)
    {
        // Not each time: looks at a large tree may be many.
        if (took < 2 * _slowest)
            return;
        _slowest = took;
        owner.LookedSlowly(Tenant, took, size);
    }

    /// <summary>Completes when all changes known now are answered by a load, well or badly.</summary>
    /// <exception cref="TenantException">There is no working directory.</exception>
    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        if (_tree is { } tree && !tree.TryTakeIn())
            await tree.TakeInAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        long wanted;
        lock (_gate)
        {
            wanted = _changes;
            if (_waiters++ == 0)
                _waitingSince = time.GetTimestamp();
            _poke.TrySetResult();
        }

        try
        {
            while (true)
            {
                Task ended;
                lock (_gate)
                {
                    if (_retired || IsFresh || _answered >= wanted)
                        return;
                    if (_missing)
                        throw TenantException.NoFolder(Tenant.Specification.WorkingDirectory);
                    ended = _ended.Task;
                }

                await ended.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            lock (_gate)
                _waiters--;
        }
    }

    public void Retire()
    {
        lock (_gate)
        {
            _retired = true;
            _poke.TrySetResult();
            _ended.TrySetResult();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Counts a change and sees to it that it will be answered. Under the lock.</summary>
    private void Note(IReadOnlyCollection<string> writing)
    {
        _writing = writing;
        _lastChange = time.GetTimestamp();

        // First: whoever sees the count see the tenant stale.
        owner.Registry.MarkStale(Tenant, [.. _files]);
        Volatile.Write(ref _changes, _changes + 1);
        if (_reloading)
            return;
        _reloading = true;

        // Not as a part of the request that happened to look.
        using (ExecutionContext.IsFlowSuppressed() ? default(IDisposable) : ExecutionContext.SuppressFlow())
            _ = Task.Run(ReloadAsync);
    }

    private async Task ReloadAsync()
    {
        while (true)
        {
            await QuietAsync().ConfigureAwait(false);

            long version;
            List<string> files;
            lock (_gate)
            {
                version = _changes;
                files = [.. _files];
                _files.Clear();
                _writtenByApp.Begin();
            }

            if (!_retired)
                await AnswerAsync(files).ConfigureAwait(false);

            // What the load itself has written is queued by now.
            _tree?.TakeIn();
            List<string> own;
            lock (_gate)
                own = _writtenByApp.End();
            if (own.Count > 0)
                owner.WritesItself(Tenant, own);

            lock (_gate)
            {
                Volatile.Write(ref _answered, version);
                _waitingSince = time.GetTimestamp();
                _ended.TrySetResult();
                _ended = NewSignal();
                if (!_retired && _changes != version)
                    continue;
                _reloading = false;
                if (_retired)
                    _ended.TrySetResult();
                return;
            }
        }
    }

    private Task AnswerAsync(List<string> files)
    {
        // Whoever else has loaded it meanwhile, say by hand, has answered too.
        if (!_missing)
            return Tenant is { IsStale: false, Current: not null } ? Task.CompletedTask : owner.ReloadAsync(Tenant, files);
        return owner.EvictAsync(this);
    }

    /// <summary>Waits until nothing has changed for long enough.</summary>
    private async Task QuietAsync()
    {
        while (true)
        {
            // What is queued belongs to the same flock.
            _tree?.TakeIn();
            Task poke;
            TimeSpan left;
            lock (_gate)
            {
                left = _retired ? TimeSpan.Zero : Window() - time.GetElapsedTime(_lastChange);
                if (_waiters > 0 && left > TimeSpan.Zero)
                {
                    var patience = owner.Patience - time.GetElapsedTime(_waitingSince);
                    left = left < patience ? left : patience;
                }

                if (left <= TimeSpan.Zero)
                    return;
                if (_poke.Task.IsCompleted)
                    _poke = NewSignal();
                poke = _poke.Task;
            }

            await poke.WaitAsync(left, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>With a request waiting a short silence is enough, unless a file is still open for writing.</summary>
    private TimeSpan Window() =>
        options.OnDemand && _waiters > 0 && _writing.Count == 0 && !_missing && options.OnDemandQuiet < options.Debounce ? options.OnDemandQuiet : options.Debounce;
}
