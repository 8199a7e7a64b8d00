namespace SnakeHost.Gateway.Watching;

/// <summary>Events of a tree that have been read from the kernel and wait to be taken in: by the tree's own requests, or soon.</summary>
internal sealed class PostedEvents
{
    /// <summary>As many as the kernel itself keeps (<c>fs.inotify.max_queued_events</c>). Looking at the disk is cheaper then.</summary>
    private const int Maximum = 16_384;

    private readonly Lock _gate = new();
    private List<(int Watch, InotifyEvents Events, string Name)> _events = [];
    private bool _isDoubted;
    private volatile bool _hasNews;

    /// <summary>Whether something has been posted that has not been told since; asked without a lock.</summary>
    public bool HasNews => _hasNews;

    public void Add(int watch, InotifyEvents events, string name)
    {
        lock (_gate)
        {
            if (_events.Count < Maximum)
                _events.Add((watch, events, name));
            else
                _isDoubted = true;
            _hasNews = true;
        }
    }

    /// <summary>Events were lost: the disk has to be looked at.</summary>
    public void Invalidate()
    {
        lock (_gate)
            _hasNews = _isDoubted = true;
    }

    /// <summary>What has been posted so far, in order; it still counts as news until <see cref="Told"/>.</summary>
    public List<(int Watch, InotifyEvents Events, string Name)> Take(out bool isDoubted)
    {
        lock (_gate)
        {
            isDoubted = _isDoubted;
            _isDoubted = false;
            // Never the list that others add to, not even while it is empty.
            var taken = _events;
            _events = [];
            return taken;
        }
    }

    /// <summary>What was taken has been told; what has come meanwhile is still news.</summary>
    public void Told()
    {
        lock (_gate)
            _hasNews = _isDoubted || _events.Count > 0;
    }
}
