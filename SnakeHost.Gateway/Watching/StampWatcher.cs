using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Watching;

/// <summary>
/// Compares the stamps of files: for file systems that send no notifications, and where there is no inotify. A request looks at the disk
/// itself, so that it is never answered by old code, unless the look takes so long that requests would suffer.
/// </summary>
internal sealed class StampWatcher : IChangeWatcher
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly TimeSpan _interval;
    private readonly ITimer _timer;
    private StampTree[] _trees = [];
    private bool _disposed;

    /// <param name="slow">A look that takes longer is left to the interval.</param>
    public StampWatcher(ReloadOptions options, TimeProvider time, TimeSpan? slow = null)
    {
        _time = time;
        _interval = options.PollingInterval;
        SlowLook = slow ?? TimeSpan.FromMilliseconds(250);
        using (ExecutionContext.IsFlowSuppressed() ? default(IDisposable) : ExecutionContext.SuppressFlow())
            _timer = time.CreateTimer(static watcher => ((StampWatcher)watcher!).Scan(), this, _interval, Timeout.InfiniteTimeSpan);
    }

    internal TimeSpan SlowLook { get; }

    public IWatchedTree Watch(WatchTarget target, IChangeSink sink, TreeSnapshot? since = null)
    {
        var tree = new StampTree(this, target, sink, since);
        lock (_gate)
            _trees = [.. _trees, tree];
        if (since is null)
            tree.Renew();
        else
            tree.Scan();
        return tree;
    }

    public void Dispose()
    {
        lock (_gate)
            _disposed = true;
        _timer.Dispose();
    }

    internal void Remove(StampTree tree)
    {
        lock (_gate)
            _trees = [.. _trees.Where(other => other != tree)];
    }

    private void Scan()
    {
        var started = _time.GetTimestamp();
        foreach (var tree in Volatile.Read(ref _trees))
            tree.Scan();

        // Large trees on slow disks must not keep a core busy.
        var pause = _time.GetElapsedTime(started) * 4;
        lock (_gate)
        {
            if (!_disposed)
                _timer.Change(pause > _interval ? pause : _interval, Timeout.InfiniteTimeSpan);
        }
    }
}
