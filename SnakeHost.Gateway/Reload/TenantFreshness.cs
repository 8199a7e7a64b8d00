using System.Collections.Concurrent;
using System.Diagnostics;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Reload;

/// <summary>
/// Fresh or wait: a request is answered by code that was current when it came. Watches what tenants are made of and reloads them.
/// </summary>
internal sealed partial class TenantFreshness : ITenantFreshness, IDisposable
{
    private readonly ConcurrentDictionary<Tenant, TenantWatch> _watches = new();
    private readonly ReloadOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lazy<StampWatcher> _stamps;
    private readonly IChangeWatcher _watcher;
    private readonly IWatchedTree? _root;
    private int _saidLost;

    /// <param name="registry">Whose tenants.</param>
    /// <param name="options">How.</param>
    /// <param name="root">The folder in which new apps appear; empty for none.</param>
    /// <param name="time">For the quiet windows.</param>
    /// <param name="logger">Says which file caused what.</param>
    /// <param name="watcher">In place of what the system offers.</param>
    public TenantFreshness(TenantRegistry registry, ReloadOptions options, string root, TimeProvider time, ILogger logger, IChangeWatcher? watcher = null)
    {
        Registry = registry;
        Filter = new WatchFilter(options);
        _options = options;
        _time = time;
        _logger = logger;
        _stamps = new Lazy<StampWatcher>(() => new StampWatcher(options, time));
        _watcher = watcher ?? Choose();
        if (root.Length > 0)
            _root = _watcher.Watch(new WatchTarget(root, filter: null, [], venv: null), new FolderSink(root, this));
    }

    /// <summary>A directory was added, removed or replaced: what was found there before may not be there now. May be called under locks; must be quick.</summary>
    public event Action<string>? DirectoryChanged;

    internal TenantRegistry Registry { get; }

    internal WatchFilter Filter { get; }

    /// <summary>How long a request waits at most for quiet, when files change all the time.</summary>
    internal TimeSpan Patience => TimeSpan.FromTicks(Math.Max(_options.Debounce.Ticks * 4, TimeSpan.TicksPerSecond * 2));

    /// <summary>When it returns, <see cref="DirectoryChanged"/> has been raised for what has happened in Root.</summary>
    public void TakeInRoot() => _root?.TakeIn();

    public bool IsFresh(Tenant tenant)
    {
        // Not watched yet: then its first load watches before it reads.
        if (!_watches.TryGetValue(tenant, out var watch) || watch.Tree is not { } tree)
            return true;
        // On a thread that watches sockets: what may take long is left to WaitAsync.
        return tree.TryTakeIn() && watch.IsFresh;
    }

    public ValueTask WaitAsync(Tenant tenant, CancellationToken cancellationToken) =>
        _watches.TryGetValue(tenant, out var watch) ? watch.WaitAsync(cancellationToken) : ValueTask.CompletedTask;

    public ValueTask LoadingAsync(Tenant tenant, int generation, CancellationToken cancellationToken)
    {
        var watch = _watches.GetOrAdd(tenant, static (tenant, self) => new TenantWatch(tenant, self, self._options, self._time), this);
        if (watch.Tree is { } tree)
            tree.Renew();
        else
            watch.Tree = _watcher.Watch(watch.Target, watch);
        return ValueTask.CompletedTask;
    }

    public void Loaded(Tenant tenant, Generation generation)
    {
        if (!_watches.TryGetValue(tenant, out var watch))
            return;
        var elsewhere = LoadedElsewhere.Of(watch.Target, generation.Application.SourceFiles);
        if (elsewhere.Count == 0)
            return;
        watch.Target.AddFiles(elsewhere.Select(file => file.Path));
        watch.Tree!.Renew();

        // Watched from now on; read before.
        var changed = elsewhere.Where(file => FileStamp.Of(file.Path) != FileStamp.FromUnix(file.Modified, file.Size)).Select(file => file.Path).ToList();
        if (changed.Count > 0)
            watch.Changed(changed, []);
    }

    /// <summary>An app reads or changes a file below its folder. Called with the GIL: neither waits nor looks at the disk.</summary>
    public void Opened(string tenantId, SourceFile file, bool isChanged)
    {
        foreach (var (tenant, watch) in _watches)
        {
            if (tenant.Id != tenantId)
                continue;
            if (isChanged)
                watch.Target.Opened.AddWritten(file.Path);
            else
                watch.Target.Opened.AddRead(file.Path, FileStamp.FromUnix(file.Modified, file.Size));
            return;
        }
    }

    public void Retired(Tenant tenant)
    {
        if (!_watches.TryRemove(tenant, out var watch))
            return;
        watch.Retire();
        watch.Tree?.Dispose();
    }

    public void Dispose()
    {
        foreach (var watch in _watches.Values)
            watch.Retire();
        _watcher.Dispose();
        if (_stamps.IsValueCreated)
            _stamps.Value.Dispose();
    }

    internal void Changed(TenantWatch watch, IReadOnlyList<string> paths)
    {
        if (_logger.IsEnabled(LogLevel.Debug))
            Log.Changed(_logger, watch.Tenant.Id, ReloadReason.Files(paths).Describe());

        // The directory itself was replaced, or its venv: what a request leads to has to be found out again.
        if (paths.Any(path => Path.IsPathRooted(path) || TenantTarget.DecidesOnVenv(path)))
            DirectoryChanged?.Invoke(watch.Tenant.Specification.WorkingDirectory);
    }

    internal void FolderChanged(string path) => DirectoryChanged?.Invoke(path);

    internal void DirectoryMissing(TenantWatch watch)
    {
        Log.Missing(_logger, watch.Tenant.Id, watch.Tenant.Specification.WorkingDirectory);
        DirectoryChanged?.Invoke(watch.Tenant.Specification.WorkingDirectory);
    }

    internal void Ignored(Tenant tenant, string path, string reason) => Log.Ignored(_logger, tenant.Id, path, reason);

    internal void LookedSlowly(Tenant tenant, TimeSpan took, int size) => Log.LookedSlowly(_logger, tenant.Id, took.TotalSeconds, size);

    internal void WritesItself(Tenant tenant, List<string> files) => Log.WritesItself(_logger, tenant.Id, ReloadReason.Files(files).Describe());

    /// <summary>From now on by stamps.</summary>
    internal void Poll(TenantWatch watch, string reason, TreeSnapshot last)
    {
        if (Interlocked.Exchange(ref _saidLost, 1) == 0)
            Log.Lost(_logger, watch.Tenant.Id, reason, _options.PollingInterval.TotalMilliseconds);
        var old = watch.Tree;
        watch.Tree = _stamps.Value.Watch(watch.Target, watch, last);
        old?.Dispose();
    }

    internal async Task ReloadAsync(Tenant tenant, List<string> files)
    {
        var started = Stopwatch.GetTimestamp();
        var result = await Registry.ReloadAsync(tenant, ReloadReason.Files(files), CancellationToken.None).ConfigureAwait(false);
        var elapsed = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        if (result.Outcome == ReloadOutcome.Loaded)
            Log.Reloaded(_logger, tenant.Id, result.Generation, elapsed, ReloadReason.Files(files).Describe());
        else if (result.Error is { } error)
            Log.Failed(_logger, tenant.Id, result.Generation, elapsed, error.File, error.Line, ReloadReason.Files(files).Describe());
    }

    internal async Task EvictAsync(TenantWatch watch)
    {
        DirectoryChanged?.Invoke(watch.Tenant.Specification.WorkingDirectory);
        await Registry.EvictAsync(watch.Tenant, EvictReason.DirectoryDeleted).ConfigureAwait(false);
    }

    private IChangeWatcher Choose()
    {
        if (_options.Polling)
            return _stamps.Value;
        if (InotifyWatcher.Create(out var refusal) is { } inotify)
            return inotify;
        Log.NoNotifications(_logger, refusal!, _options.PollingInterval.TotalMilliseconds);
        return _stamps.Value;
    }

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

        [LoggerMessage(505, LogLevel.Warning, "Changes of tenant {Tenant}, and of others from now on as needed, are found by comparing time stamps every {Milliseconds} ms: {Reason}")]
        public static partial void Lost(ILogger logger, string tenant, string reason, double milliseconds);

        [LoggerMessage(507, LogLevel.Warning, "Tenant {Tenant} writes {Files} whenever it is loaded, and so would be reloaded for ever: such changes are ignored while it is being loaded. Name them in SnakeHost:Reload:Exclude")]
        public static partial void WritesItself(ILogger logger, string tenant, string files);

        [LoggerMessage(508, LogLevel.Warning, "Tenant {Tenant}: a look at its {Size} folders took {Seconds:0.#} s, for which its requests wait whenever folders come or go. Name those that hold data in SnakeHost:Reload:Exclude")]
        public static partial void LookedSlowly(ILogger logger, string tenant, double seconds, int size);

        [LoggerMessage(506, LogLevel.Warning, "No notifications of changes: {Reason}. Time stamps are compared every {Milliseconds} ms")]
        public static partial void NoNotifications(ILogger logger, string reason, double milliseconds);
    }
}
