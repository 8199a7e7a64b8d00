using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Runtime;

namespace SnakeHost.Gateway;

/// <summary>Gives memory back when nothing has been asked or loaded for a while: once, until something is again.</summary>
/// <remarks>
/// By itself neither collector would: .NET's has a budget, tens of MiB where the processor has a large cache, before it looks at all, and CPython's looks at old objects when their number has grown by a
/// quarter. What a burst has left would stay for as long as the gateway rests.
/// </remarks>
internal sealed class IdleMemory : IAsyncDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(10);

    private readonly Func<(long, long)> _activity;
    private readonly ITimer _timer;
    private (long, long) _last;
    private bool _isCollected;

    /// <param name="activity">Becomes another one whenever something happens.</param>
    public IdleMemory(Func<(long, long)> activity, TimeProvider time)
    {
        _activity = activity;
        _timer = time.CreateTimer(static self => ((IdleMemory)self!).Check(), this, s_interval, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Waits for a collection that runs: it needs the interpreter, which ends next.</summary>
    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private void Check()
    {
        var now = _activity();
        if (now != _last)
            (_last, _isCollected) = (now, false);
        else if (!_isCollected)
            Collect();
        // Only now: an app may keep the GIL for long.
        _timer.Change(s_interval, Timeout.InfiniteTimeSpan);
    }

    private void Collect()
    {
        _isCollected = true;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        using var gil = Gil.Acquire();
        RuntimePackage.CollectAtRest();
    }
}
