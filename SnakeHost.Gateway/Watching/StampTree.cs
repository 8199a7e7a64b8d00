using System.Diagnostics;

namespace SnakeHost.Gateway.Watching;

/// <summary>One tenant's files in a <see cref="StampWatcher"/>.</summary>
internal sealed class StampTree(StampWatcher watcher, WatchTarget target, IChangeSink sink, TreeSnapshot? since) : IWatchedTree, ITreeVisitor
{
    private static readonly TimeSpan s_slow = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private TreeSnapshot? _snapshot = since;
    private TimeSpan _lookTook;
    private long _looks;
    private bool _disposed;

    public void TakeIn()
    {
        // A look that began before the call may have passed the file already: the next one counts, whoever makes it.
        var looks = Volatile.Read(ref _looks);
        if (_lookTook <= watcher.SlowLook)
            Scan(looks);
    }

    /// <summary>Looks, and tells what is different.</summary>
    public void Scan() => Scan(long.MaxValue);

    public void Renew()
    {
        lock (_gate)
        {
            // What has changed before is news all the same.
            if (_snapshot is not null)
                Compare();
            else
                _snapshot = TreeSnapshot.Take(target, this);
        }
    }

    public void Dispose()
    {
        lock (_gate)
            _disposed = true;
        watcher.Remove(this);
    }

    private void Scan(long unlessMoreThan)
    {
        lock (_gate)
        {
            if (!_disposed && _looks <= unlessMoreThan)
                Compare();
        }
    }

    private void Compare()
    {
        _looks++;
        var started = Stopwatch.GetTimestamp();
        var before = _snapshot!;
        _snapshot = TreeSnapshot.Take(target, this);
        _lookTook = Stopwatch.GetElapsedTime(started);
        if (_lookTook > s_slow)
            sink.LookedSlowly(_lookTook, _snapshot.Count);
        var changed = _snapshot.ChangesSince(before);
        if (changed.Count > 0)
            sink.Changed([.. changed.Select(_snapshot.Display)], []);
        if (_snapshot.RealDirectory is null)
            sink.Missing();
    }
}
