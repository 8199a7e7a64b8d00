using System.Collections.Concurrent;

namespace SnakeHost.Gateway.Wsgi;

/// <summary>Requests that wait for a thread. Taking one that is there costs no lock; only an idle thread waits on the semaphore.</summary>
internal sealed class WorkQueue : IDisposable
{
    private readonly ConcurrentQueue<WsgiExchange> _requests = new();
    private readonly SemaphoreSlim _wake = new(0);
    private int _idle;
    private volatile bool _closed;

    public int Count => _requests.Count;

    /// <summary>Threads that wait for work.</summary>
    public int Idle => Volatile.Read(ref _idle);

    public bool IsClosed => _closed;

    /// <summary>True when a thread was waiting for it.</summary>
    public bool Add(WsgiExchange request)
    {
        _requests.Enqueue(request);
        // The order matters: a thread that finds the queue empty has announced itself before it looked.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _idle) == 0)
            return false;
        _wake.Release();
        return true;
    }

    public bool TryTake(out WsgiExchange request) => _requests.TryDequeue(out request!);

    /// <summary>Waits for a request; false after the patience, or when the queue has been closed and is empty.</summary>
    public bool Take(TimeSpan patience, out WsgiExchange request)
    {
        while (true)
        {
            Interlocked.Increment(ref _idle);
            if (_requests.TryDequeue(out request!))
            {
                Interlocked.Decrement(ref _idle);
                return true;
            }

            var woken = !_closed && _wake.Wait(patience);
            Interlocked.Decrement(ref _idle);
            if (_requests.TryDequeue(out request!))
                return true;
            if (_closed || !woken)
                return false;
        }
    }

    /// <summary>Threads end once the queue is empty.</summary>
    public void Close()
    {
        _closed = true;
        _wake.Release(1024);
    }

    public void Dispose() => _wake.Dispose();
}
