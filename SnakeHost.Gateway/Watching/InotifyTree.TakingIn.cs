namespace SnakeHost.Gateway.Watching;

/// <summary>When a tree deals with what has been posted to it: by the requests that ask, else soon, on a thread of the pool.</summary>
internal sealed partial class InotifyTree
{
    private readonly Lock _asking = new();
    private readonly PostedEvents _posted = new();
    private TaskCompletionSource? _next;

    public void TakeIn()
    {
        watcher.Distribute(this);
        if (_posted.HasNews)
            TakeInPosted();
    }

    public bool TryTakeIn()
    {
        watcher.Distribute(this);
        if (!_posted.HasNews)
            return true;
        if (!_gate.TryEnter())
            return false;
        try
        {
            ReadPosted();
            if (!_isGone && (_shapeChanged || _newFolders.Count > 0))
            {
                TakeInAsync();
                return false;
            }

            Flush();
            _posted.Told();
            return true;
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <remarks>However many ask, one thread at most waits for the look that is being made, and looks next.</remarks>
    public Task TakeInAsync()
    {
        lock (_asking)
        {
            if (_next is null)
            {
                _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                ThreadPool.UnsafeQueueUserWorkItem(static tree => tree.TakeInNext(), this, preferLocal: false);
            }

            return _next.Task;
        }
    }

    public void Renew()
    {
        watcher.Distribute(this);
        lock (_gate)
        {
            // First what was queued before: it is news, the look is not.
            TakeInPosted();
            Scan();
            Flush();
        }
    }

    public void Dispose()
    {
        _isGone = true;
        watcher.Remove(this);
    }

    /// <summary>An event of one of its watches. Under the watcher's lock: it is put aside.</summary>
    internal void Post(int watch, InotifyEvents events, string name) => _posted.Add(watch, events, name);

    /// <summary>Events were lost.</summary>
    internal void Invalidate() => _posted.Invalidate();

    /// <summary>Takes in what has been posted, if no request does so before.</summary>
    internal void TakeInSoon()
    {
        if (_posted.HasNews)
            TakeInAsync();
    }

    private void TakeInNext()
    {
        lock (_gate)
        {
            TaskCompletionSource asked;
            lock (_asking)
                (asked, _next) = (_next!, null);
            try
            {
                if (_posted.HasNews)
                    TakeInPosted();
                asked.SetResult();
            }
            catch (Exception e)
            {
                asked.SetException(e);
            }
        }
    }

    /// <summary>When it returns, what had been posted before the call has been told.</summary>
    private void TakeInPosted()
    {
        lock (_gate)
        {
            ReadPosted();
            Flush();
            _posted.Told();
        }
    }

    private void ReadPosted()
    {
        var posted = _posted.Take(out var isDoubted);
        foreach (var (watch, events, name) in posted)
            OnEvent(watch, events, name);
        _shapeChanged |= isDoubted;
    }
}
