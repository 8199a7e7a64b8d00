using System.Buffers.Binary;
using System.Text;

namespace SnakeHost.Gateway.Watching;

/// <summary>
/// One inotify instance for all trees: a user has few (128), while watches go by directory and are shared by the trees that need the same one.
/// </summary>
/// <remarks>
/// The kernel queues an event before the system call that caused it returns. So an empty queue proves that nothing has happened which has
/// not been read, unless somebody is just reading it: <see cref="_reading"/> says so, set before each read and cleared after all is posted to the trees. Each tree knows whether
/// something that was posted to it has not been told yet. The lock here is held for reading, posting and single watches, never for a look at the disk.
/// </remarks>
internal sealed class InotifyWatcher : IChangeWatcher
{
    private const int HeaderSize = 16;

    /// <summary>The kernel's queue fits in: 16,384 events with short names.</summary>
    private const int MostReads = 64;

    private readonly Lock _gate = new();
    private readonly Inotify _inotify;
    private readonly Thread _thread;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly Dictionary<int, List<InotifyTree>> _watches = [];
    private readonly List<InotifyTree> _trees = [];
    private readonly int _mostWatches;
    private int _reading;
    private bool _disposed;

    private InotifyWatcher(Inotify inotify, int mostWatches)
    {
        _inotify = inotify;
        _mostWatches = mostWatches;
        _thread = new Thread(Run) { IsBackground = true, Name = "SnakeHost reload" };
        _thread.Start();
    }

    /// <summary>How many directories are watched.</summary>
    public int WatchCount
    {
        get
        {
            lock (_gate)
                return _watches.Count;
        }
    }

    /// <summary>Null, and why, when the system refuses.</summary>
    /// <param name="refusal">A sentence for the log.</param>
    /// <param name="mostWatches">Refuse more directories, as the system does at its limit.</param>
    public static InotifyWatcher? Create(out string? refusal, int mostWatches = int.MaxValue)
    {
        refusal = null;
        if (Inotify.Open(out var error) is { } inotify)
            return new InotifyWatcher(inotify, mostWatches);
        refusal = error == Inotify.TooManyFiles
            ? "this user has no inotify instance left (sysctl fs.inotify.max_user_instances), or the process too many files open"
            : $"inotify is refused (error {error})";
        return null;
    }

    public IWatchedTree Watch(WatchTarget target, IChangeSink sink, TreeSnapshot? since = null)
    {
        var tree = new InotifyTree(this, target, sink, since);
        tree.Begin();
        return tree;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            foreach (var tree in _trees.ToArray())
                tree.Dispose();
        }

        _inotify.Stop();
        _thread.Join();
        lock (_gate)
            _inotify.Dispose();
    }

    /// <summary>Reads what the kernel has queued, and posts it to the trees. All but <paramref name="own"/>, which the caller sees to, take it in soon.</summary>
    internal void Distribute(InotifyTree? own)
    {
        if (!_inotify.HasEvents && Volatile.Read(ref _reading) == 0)
            return;
        lock (_gate)
            Drain(own);
    }

    internal void Add(InotifyTree tree)
    {
        lock (_gate)
            _trees.Add(tree);
    }

    internal void Remove(InotifyTree tree)
    {
        lock (_gate)
        {
            if (!_trees.Remove(tree))
                return;
            foreach (var watch in tree.Watches.ToArray())
                Unwatch(tree, watch);
        }
    }

    /// <summary>Negative with a reason when it is refused for good; negative without one when there is no such directory now.</summary>
    internal int Watch(InotifyTree tree, string directory, InotifyEvents events, out string? refusal)
    {
        refusal = null;
        lock (_gate)
        {
            if (_disposed || tree.IsGone)
                return -1;
            var watch = _watches.Count >= _mostWatches
                ? -Inotify.NoSpace
                : _inotify.Add(directory, events | InotifyEvents.OnlyDirectory | InotifyEvents.Additional);
            if (watch >= 0)
            {
                if (!_watches.TryGetValue(watch, out var trees))
                    _watches[watch] = trees = [];
                if (tree.Watches.Add(watch))
                    trees.Add(tree);
            }
            else if (watch == -Inotify.NoSpace)
            {
                refusal = "this user's limit of inotify watches is reached (sysctl fs.inotify.max_user_watches)";
            }

            return watch;
        }
    }

    internal void Unwatch(InotifyTree tree, int watch)
    {
        lock (_gate)
        {
            tree.Watches.Remove(watch);
            if (!_watches.TryGetValue(watch, out var trees) || !trees.Remove(tree) || trees.Count > 0)
                return;
            _watches.Remove(watch);
            _inotify.Remove(watch);
        }
    }

    private void Run()
    {
        while (_inotify.Wait())
        {
            // Edits come in flocks; requests do not wait for this thread.
            Thread.Sleep(1);
            Distribute(own: null);
        }
    }

    /// <summary>Under the lock.</summary>
    private void Drain(InotifyTree? own)
    {
        if (_disposed)
            return;
        Interlocked.Exchange(ref _reading, 1);
        try
        {
            for (var reads = 0; reads < MostReads && _inotify.Read(_buffer) is > 0 and var length; reads++)
                Dispatch(_buffer.AsSpan(0, length));
        }
        finally
        {
            Volatile.Write(ref _reading, 0);
        }

        foreach (var tree in _trees)
        {
            if (tree != own)
                tree.TakeInSoon();
        }
    }

    /// <summary><c>struct inotify_event</c>: watch, mask, cookie, length of the name, name and padding of zeros.</summary>
    private void Dispatch(ReadOnlySpan<byte> events)
    {
        while (events.Length >= HeaderSize)
        {
            var watch = BinaryPrimitives.ReadInt32LittleEndian(events);
            var mask = (InotifyEvents)BinaryPrimitives.ReadUInt32LittleEndian(events[4..]);
            var length = BinaryPrimitives.ReadInt32LittleEndian(events[12..]);
            var name = events.Slice(HeaderSize, length);
            events = events[(HeaderSize + length)..];

            if ((mask & InotifyEvents.Overflow) != 0)
                _trees.ForEach(tree => tree.Invalidate());
            if (!_watches.TryGetValue(watch, out var trees))
                continue;
            var end = name.IndexOf((byte)0);
            var text = end == 0 || name.IsEmpty ? "" : Encoding.UTF8.GetString(end < 0 ? name : name[..end]);
            foreach (var tree in trees)
                tree.Post(watch, mask, text);
            if ((mask & InotifyEvents.Ignored) == 0)
                continue;
            _watches.Remove(watch);
            foreach (var tree in trees)
                tree.Watches.Remove(watch);
        }
    }
}
