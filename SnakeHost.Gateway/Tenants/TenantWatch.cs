using System.Diagnostics;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Watching;

namespace SnakeHost.Gateway.Tenants;

/// <summary>
/// What has changed for one tenant, and the reload that follows. Changes are counted; a reload answers all that were counted when it began.
/// </summary>
/// <remarks>
/// After a change, one task waits for the quiet window, reloads, and begins again if more has changed meanwhile. Lock order: the tree's lock,
/// then this one's, then the tenant's gate.
/// </remarks>
internal sealed partial class TenantWatch(Tenant tenant, ReloadManager owner) : IChangeSink
{
    private readonly Lock _gate = new();
    private readonly List<string> _files = [];
    private readonly WrittenByApp _writtenByApp = new();
    private TaskCompletionSource _poke = NewSignal();
    private TaskCompletionSource _ended = NewSignal();
    private IReadOnlyCollection<string> _writing = [];
    private volatile IWatchedTree? _tree;
    private long _answered;
    private long _lastChange;
    private long _waitingSince;
    private TimeSpan _slowest;
    private int _waiters;
    private bool _reloading;
    private volatile bool _missing;
    private bool _retired;

    public Tenant Tenant { get; } = tenant;

    public WatchTarget Target { get; } = CreateTarget(tenant.Specification, owner.Filter);

    /// <summary>Whether a request may be given the current generation. Asked for each, on threads that watch sockets: what may take long is left to <see cref="WaitAsync"/>.</summary>
    // Not watched yet: then its first load watches before it reads.
    public bool IsFreshNow => _tree is not { } tree || (tree.TryTakeIn() && IsFresh);

    /// <summary>As far as is known: see <see cref="IWatchedTree.TakeIn"/>.</summary>
    private bool IsFresh => !_missing && (Tenant.StaleVersion == Volatile.Read(ref _answered) || !Tenant.IsStale);

    /// <summary>A generation is about to be loaded; nothing of it is read before this returns.</summary>
    public void Loading()
    {
        do
        {
            Target.Venv = Tenant.FindVenv();
            if (_tree is { } tree)
                tree.Renew();
            else
                _tree = owner.Watch(Target, this);
        }
        // One that has come or gone before it was watched is not told of.
        while (Tenant.FindVenv() != Target.Venv);
    }

    /// <summary>A generation has been loaded from these files, and will be published next.</summary>
    public void Loaded(IReadOnlyList<SourceFile> files)
    {
        var elsewhere = LoadedElsewhere.Of(Target, files);
        if (elsewhere.Count == 0)
            return;
        Target.AddFiles(elsewhere.Select(file => file.Path));
        _tree!.Renew();

        // Watched from now on; read before.
        var changed = elsewhere.Where(file => FileStamp.Of(file.Path) != FileStamp.FromUnix(file.Modified, file.Size)).Select(file => file.Path).ToList();
        if (changed.Count > 0)
            Changed(changed, []);
    }

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

        if (owner.Logger.IsEnabled(LogLevel.Debug))
            Log.Changed(owner.Logger, Tenant.Id, ReloadReason.Files(paths).Describe());

        // The directory itself was replaced, or its venv: what a request leads to has to be found out again.
        if (paths.Any(path => Path.IsPathRooted(path) || PackageFolder.IsMark(path)))
            owner.FolderChanged(Tenant.Specification.WorkingDirectory);
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

        Log.Missing(owner.Logger, Tenant.Id, Tenant.Specification.WorkingDirectory);
        owner.FolderChanged(Tenant.Specification.WorkingDirectory);
    }

    public void Lost(string reason, TreeSnapshot last)
    {
        var old = _tree;
        _tree = owner.Poll(this, reason, last);
        old?.Dispose();
    }

    public void Ignored(string path, string reason) => Log.Ignored(owner.Logger, Tenant.Id, path, reason);

    public void LookedSlowly(TimeSpan took, int size)
    {
        // Not each time: looks at a large tree may be many.
        if (took < 2 * _slowest)
            return;
        _slowest = took;
        Log.LookedSlowly(owner.Logger, Tenant.Id, took.TotalSeconds, size);
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
            wanted = Tenant.StaleVersion;
            if (_waiters++ == 0)
                _waitingSince = owner.Time.GetTimestamp();
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

    /// <summary>The tenant is gone; a later request makes a new one.</summary>
    public void Retire()
    {
        lock (_gate)
        {
            if (_retired)
                return;
            _retired = true;
            _poke.TrySetResult();
            _ended.TrySetResult();
        }

        _tree?.Dispose();
    }

    private static WatchTarget CreateTarget(TenantSpecification specification, WatchFilter filter)
    {
        // One that comes into being is used by the next load.
        IEnumerable<string> venvs = specification.Venv is { } venv ? [venv] : PackageFolder.CandidatesOf(specification.WorkingDirectory);
        return new WatchTarget(
            specification.WorkingDirectory, filter, [.. specification.EnvFiles, .. venvs.SelectMany(PackageFolder.Marks)], specification.Venv);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Counts a change and sees to it that it will be answered. Under the lock.</summary>
    private void Note(IReadOnlyCollection<string> writing)
    {
        _writing = writing;
        _lastChange = owner.Time.GetTimestamp();

        owner.Registry.MarkStale(Tenant, [.. _files]);
        if (_reloading)
            return;
        _reloading = true;

        // Not as a part of the request that happened to look.
        using (ExecutionContext.IsFlowSuppressed() ? default(IDisposable) : ExecutionContext.SuppressFlow())
            _ = Task.Run(RunAsync);
    }

    private async Task RunAsync()
    {
        while (true)
        {
            await QuietAsync().ConfigureAwait(false);

            long version;
            List<string> files;
            lock (_gate)
            {
                version = Tenant.StaleVersion;
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
                Log.WritesItself(owner.Logger, Tenant.Id, ReloadReason.Files(own).Describe());

            lock (_gate)
            {
                Volatile.Write(ref _answered, version);
                _waitingSince = owner.Time.GetTimestamp();
                _ended.TrySetResult();
                _ended = NewSignal();
                if (!_retired && Tenant.StaleVersion != version)
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
        if (_missing)
        {
            owner.FolderChanged(Tenant.Specification.WorkingDirectory);
            return owner.Registry.EvictAsync(Tenant, EvictReason.DirectoryDeleted);
        }

        // Whoever else has loaded it meanwhile, say by hand, has answered too.
        return Tenant is { IsStale: false, Current: not null } ? Task.CompletedTask : ReloadAsync(ReloadReason.Files(files));
    }

    private async Task ReloadAsync(ReloadReason reason)
    {
        var started = Stopwatch.GetTimestamp();
        var result = await owner.Registry.ReloadAsync(Tenant, reason, CancellationToken.None).ConfigureAwait(false);
        var elapsed = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        if (result.Outcome == ReloadOutcome.Loaded)
            Log.Reloaded(owner.Logger, Tenant.Id, result.Generation, elapsed, reason.Describe());
        else if (result.Error is { } error)
            Log.Failed(owner.Logger, Tenant.Id, result.Generation, elapsed, error.File, error.Line, reason.Describe());
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
                left = _retired ? TimeSpan.Zero : Window() - owner.Time.GetElapsedTime(_lastChange);
                if (_waiters > 0 && left > TimeSpan.Zero)
                {
                    var patience = owner.Patience - owner.Time.GetElapsedTime(_waitingSince);
                    left = left < patience ? left : patience;
                }

                if (left <= TimeSpan.Zero)
                    return;
                if (_poke.Task.IsCompleted)
                    _poke = NewSignal();
                poke = _poke.Task;
            }

            await poke.WaitAsync(left, owner.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>With a request waiting a short silence is enough, unless a file is still open for writing.</summary>
    private TimeSpan Window() =>
        owner.Options is { OnDemand: true } options && _waiters > 0 && _writing.Count == 0 && !_missing && options.OnDemandQuiet < options.Debounce
            ? options.OnDemandQuiet
            : owner.Options.Debounce;

    private static partial class Log
    {
        [LoggerMessage(500, LogLevel.Information, "Tenant {Tenant}: generation {Generation} answers, {Milliseconds:0.#} ms after the start of its reload, because of {Files}")]
        public static partial void Reloaded(ILogger logger, string tenant, int generation, double milliseconds, string files);

        [LoggerMessage(501, LogLevel.Warning, "Tenant {Tenant}: the reload as generation {Generation}, because of {Files}, failed after {Milliseconds:0.#} ms at {File}:{Line}; requests get the failure until a file changes")]
        public static partial void Failed(ILogger logger, string tenant, int generation, double milliseconds, string? file, int? line, string files);

        [LoggerMessage(502, LogLevel.Debug, "Tenant {Tenant}: changed: {Files}")]
        public static partial void Changed(ILogger logger, string tenant, string files);

        [LoggerMessage(503, LogLevel.Debug, "Tenant {Tenant}: changes of {File} are ignored: {Reason}")]
        public static partial void Ignored(ILogger logger, string tenant, string file, string reason);

        [LoggerMessage(504, LogLevel.Information, "Tenant {Tenant}: its directory {Directory} is gone")]
        public static partial void Missing(ILogger logger, string tenant, string directory);

        [LoggerMessage(507, LogLevel.Warning, "Tenant {Tenant} writes {Files} whenever it is loaded, and so would be reloaded for ever: such changes are ignored while it is being loaded. Name them in SnakeHost:Reload:Exclude")]
        public static partial void WritesItself(ILogger logger, string tenant, string files);

        [LoggerMessage(508, LogLevel.Warning, "Tenant {Tenant}: a look at its {Size} folders took {Seconds:0.#} s, for which its requests wait whenever folders come or go. Name those that hold data in SnakeHost:Reload:Exclude")]
        public static partial void LookedSlowly(ILogger logger, string tenant, double seconds, int size);
    }
}
