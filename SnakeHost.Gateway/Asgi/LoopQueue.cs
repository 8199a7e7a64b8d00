using System.Collections.Concurrent;

namespace SnakeHost.Gateway.Asgi;

/// <summary>
/// The way from .NET's threads to an event loop's thread. Adding takes no lock and never waits for the GIL; a descriptor that the
/// loop watches wakes it, and is written to only when the loop has gone through the queue since.
/// </summary>
internal sealed class LoopQueue : IDisposable
{
    private readonly ConcurrentQueue<LoopItem> _items = new();
    private readonly LoopSignal _signal = new();
    private int _signalled;
    private int _waiting;

    /// <summary>The descriptor that becomes readable when there is something to take.</summary>
    public int Descriptor => _signal.Descriptor;

    public int Count => _items.Count;

    /// <summary>Requests whose answer has not begun.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    public void BeginWaiting() => Interlocked.Increment(ref _waiting);

    public void EndWaiting() => Interlocked.Decrement(ref _waiting);

    public void Add(LoopItem item)
    {
        _items.Enqueue(item);
        if (Interlocked.Exchange(ref _signalled, 1) == 0)
            _signal.Set();
    }

    /// <summary>Called by the loop before it takes: from here on an addition signals again.</summary>
    public void BeginTaking()
    {
        _signal.Reset();
        Interlocked.Exchange(ref _signalled, 0);
    }

    public bool TryTake(out LoopItem item) => _items.TryDequeue(out item);

    /// <summary>Called when the loop stops taking though something is left: the loop comes back after its other work.</summary>
    public void SignalAgain()
    {
        if (Interlocked.Exchange(ref _signalled, 1) == 0)
            _signal.Set();
    }

    /// <summary>The loop has been closed.</summary>
    public void Dispose() => _signal.Dispose();
}
