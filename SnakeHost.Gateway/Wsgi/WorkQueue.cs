using System.Collections.Concurrent;

namespace SnakeHost.Gateway.Wsgi;

/// <summary>Requests that wait for a thread. Taking one that is there costs no lock.</summary>
/// <remarks>
/// Of the idle threads the one that became idle last is woken: it is the warmest, and those that the load no longer needs stay idle
/// until they end.
/// </remarks>
internal sealed class WorkQueue
{
    private readonly ConcurrentQueue<WsgiExchange> _requests = new();
    private readonly Lock _gate = new();
    private readonly List<ManualResetEventSlim> _waiting = [];
    private int _idle;
    private bool _closed;

    public int Count => _requests.Count;

    /// <summary>Threads that wait for work.</summary>
    public int Idle => Volatile.Read(ref _idle);

    public bool IsClosed => Volatile.Read(ref _closed);

    /// <summary>True when a thread was waiting for it.</summary>
    public bool Add(WsgiExchange request)
    {
        _requests.Enqueue(request);
        // The order matters: a thread that finds the queue empty has announced itself before it looked.
        Interlocked.MemoryBarrier();
        return Volatile.Read(ref _idle) > 0 && WakeOne();
    }

    public bool TryTake(out WsgiExchange request) => _requests.TryDequeue(out request!);

    /// <summary>Waits for a request; false after the patience, or when the queue has been closed and is empty.</summary>
    /// <param name="wake">The calling thread's own, not set.</param>
    public bool Take(TimeSpan patience, ManualResetEventSlim wake, out WsgiExchange request)
    {
        while (true)
        {
            Announce(wake);
            var isWoken = false;
            if (!_requests.TryDequeue(out request!) && !IsClosed)
                isWoken = wake.Wait(patience);
            // Who is no longer in the list has been woken, and has the signal to take even if the wait was over by then.
            if (!isWoken && !Withdraw(wake))
            {
                wake.Wait();
                isWoken = true;
            }

            if (isWoken)
                wake.Reset();

            if (request is not null)
            {
                // It was woken for another one.
                if (isWoken && !_requests.IsEmpty)
                    WakeOne();
                return true;
            }

            if (_requests.TryDequeue(out request!))
                return true;
            if (IsClosed || !isWoken)
                return false;
        }
    }

    /// <summary>Threads end once the queue is empty.</summary>
    public void Close()
    {
        lock (_gate)
        {
            Volatile.Write(ref _closed, true);
            foreach (var wake in _waiting)
                wake.Set();
            _waiting.Clear();
            _idle = 0;
        }
    }

    private void Announce(ManualResetEventSlim wake)
    {
        lock (_gate)
        {
            _waiting.Add(wake);
            Interlocked.Increment(ref _idle);
        }
    }

    private bool Withdraw(ManualResetEventSlim wake)
    {
        lock (_gate)
        {
            if (!_waiting.Remove(wake))
                return false;
            _idle--;
            return true;
        }
    }

    private bool WakeOne()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0)
                return false;
            var wake = _waiting[^1];
            _waiting.RemoveAt(_waiting.Count - 1);
            _idle--;
            wake.Set();
            return true;
        }
    }
}
