using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Watching;

namespace SnakeHost.Gateway.Tenants;

/// <summary>
/// Fresh or wait: a request is answered by code that was current when it came. What the watches of tenants (<see cref="TenantWatch"/>) share.
/// </summary>
internal sealed partial class ReloadManager : IDisposable
{
    private readonly Lazy<StampWatcher> _stamps;
    private readonly IChangeWatcher _watcher;
    private readonly IWatchedTree? _root;
    private int _saidLost;

    /// <param name="root">The folder in which new apps appear; empty for none.</param>
    /// <param name="time">For the quiet windows.</param>
    /// <param name="watcher">In place of what the system offers.</param>
    public ReloadManager(TenantRegistry registry, ReloadOptions options, string root, TimeProvider time, ILogger logger, IChangeWatcher? watcher = null)
    {
        Registry = registry;
        Options = options;
        Filter = new WatchFilter(options);
        Time = time;
        Logger = logger;
        _stamps = new Lazy<StampWatcher>(() => new StampWatcher(options, time));
        _watcher = watcher ?? Choose();
        if (root.Length > 0)
            _root = _watcher.Watch(new WatchTarget(root, filter: null, [], venv: null), new FolderSink(root, FolderChanged));
    }

    /// <summary>A directory was added, removed or replaced: what was found there before may not be there now. May be called under locks; must be quick.</summary>
    public event Action<string>? DirectoryChanged;

    internal TenantRegistry Registry { get; }

    internal ReloadOptions Options { get; }

    internal WatchFilter Filter { get; }

    internal TimeProvider Time { get; }

    internal ILogger Logger { get; }

    /// <summary>How long a request waits at most for quiet, when files change all the time.</summary>
    internal TimeSpan Patience => TimeSpan.FromTicks(Math.Max(Options.Debounce.Ticks * 4, TimeSpan.TicksPerSecond * 2));

    /// <summary>When it returns, <see cref="DirectoryChanged"/> has been raised for what has happened in Root.</summary>
    public void TakeInRoot() => _root?.TakeIn();

    /// <summary>An app reads or changes a file below its folder. Called with the GIL: neither waits nor looks at the disk.</summary>
    public void Opened(string tenantId, SourceFile file, bool isChanged)
    {
        if (Registry.Find(tenantId)?.Watch?.Target.Opened is not { } opened)
            return;
        if (isChanged)
            opened.AddWritten(file.Path);
        else
            opened.AddRead(file.Path, FileStamp.FromUnix(file.Modified, file.Size));
    }

    public void Dispose()
    {
        foreach (var tenant in Registry.Tenants)
            tenant.Watch?.Retire();
        _watcher.Dispose();
        if (_stamps.IsValueCreated)
            _stamps.Value.Dispose();
    }

    internal IWatchedTree Watch(WatchTarget target, IChangeSink sink) => _watcher.Watch(target, sink);

    /// <summary>From now on by stamps.</summary>
    internal IWatchedTree Poll(TenantWatch watch, string reason, TreeSnapshot last)
    {
        if (Interlocked.Exchange(ref _saidLost, 1) == 0)
            Log.Lost(Logger, watch.Tenant.Id, reason, Options.PollingInterval.TotalMilliseconds);
        return _stamps.Value.Watch(watch.Target, watch, last);
    }

    internal void FolderChanged(string path) => DirectoryChanged?.Invoke(path);

    private IChangeWatcher Choose()
    {
        if (Options.Polling)
            return _stamps.Value;
        if (InotifyWatcher.Create(out var refusal) is { } inotify)
            return inotify;
        Log.NoNotifications(Logger, refusal!, Options.PollingInterval.TotalMilliseconds);
        return _stamps.Value;
    }

    private static partial class Log
    {
        [LoggerMessage(505, LogLevel.Warning, "Changes of tenant {Tenant}, and of others from now on as needed, are found by comparing time stamps every {Milliseconds} ms: {Reason}")]
        public static partial void Lost(ILogger logger, string tenant, string reason, double milliseconds);

        [LoggerMessage(506, LogLevel.Warning, "No notifications of changes: {Reason}. Time stamps are compared every {Milliseconds} ms")]
        public static partial void NoNotifications(ILogger logger, string reason, double milliseconds);
    }
}
