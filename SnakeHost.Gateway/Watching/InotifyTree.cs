using System.Diagnostics;

namespace SnakeHost.Gateway.Watching;

/// <summary>
/// One tenant's directories in an <see cref="InotifyWatcher"/>. Changes of files are told as they come. Whatever changes the shape of the tree
/// leads to another look at the disk, after the watches are set: so nothing is missed, in whatever order it was done.
/// </summary>
/// <remarks>
/// A look at a large tree takes seconds. It is made under the tree's own lock, for which nobody waits but this tenant's requests; the watcher's lock, which all share, is taken
/// for each watch alone.
/// </remarks>
internal sealed partial class InotifyTree(InotifyWatcher watcher, WatchTarget target, IChangeSink sink, TreeSnapshot? since) : IWatchedTree, ITreeVisitor
{
    private const int MostIgnored = 256;

    private static readonly TimeSpan s_slow = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly List<string> _changed = [];
    private readonly HashSet<string> _writing = new(StringComparer.Ordinal);
    private readonly List<(string Path, string Relative)> _newFolders = [];
    private readonly HashSet<string> _ignored = new(StringComparer.Ordinal);
    private Dictionary<int, InotifyDirectory> _directories = [];
    private TreeSnapshot? _snapshot = since;
    private int _rootWatch = -1;
    private bool _shapeChanged;
    private string? _lost;
    private volatile bool _isGone;

    /// <summary>Its watches. Under the watcher's lock.</summary>
    internal HashSet<int> Watches { get; } = [];

    /// <summary>Whether it is no longer watched.</summary>
    internal bool IsGone => _isGone;

    /// <summary>Begins to watch.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            watcher.Add(this);
            if (_snapshot is null)
                Scan();
            else
                _shapeChanged = true;
            Flush();
        }
    }

    /// <summary>Watches, looks, and takes what it sees for known.</summary>
    private void Scan()
    {
        var started = Stopwatch.GetTimestamp();
        var old = _directories;
        _directories = [];
        _rootWatch = -1;
        _snapshot = TreeSnapshot.Take(target, this);
        foreach (var watch in old.Keys)
        {
            if (!_directories.ContainsKey(watch))
                watcher.Unwatch(this, watch);
        }

        _newFolders.Clear();
        _shapeChanged = false;
        if (Stopwatch.GetElapsedTime(started) is var took && took > s_slow)
            sink.LookedSlowly(took, _directories.Count);
    }

    private void OnEvent(int watch, InotifyEvents events, string name)
    {
        if (!_directories.TryGetValue(watch, out var directory))
            return;
        if (name.Length == 0)
        {
            if ((events & (InotifyEvents.DeleteSelf | InotifyEvents.MoveSelf | InotifyEvents.Ignored | InotifyEvents.Unmount)) == 0)
                return;
            _shapeChanged |= directory.IsAnchor;
            if ((events & InotifyEvents.Ignored) != 0)
                _directories.Remove(watch);
            return;
        }

        var path = Path.Join(directory.Path, name);
        var isNamed = directory.Pins?.Contains(name) == true;
        if (isNamed)
        {
            _shapeChanged |= (events & (InotifyEvents.Appeared | InotifyEvents.Disappeared)) != 0;
            if (target.Files.Contains(path) || (events & InotifyEvents.IsDirectory) == 0)
                Report(path, events);
        }

        if (directory.HasPackages && InstalledPackages.Counts(name))
            OnInstalled(path, events);
        if (directory.IsMetadata && InstalledPackages.IsLast(name))
            Report(directory.Path, events);
        if (directory.Relative is { } relative && !isNamed)
            OnTreeEvent(path, relative.Length == 0 ? name : $"{relative}/{name}", events);
    }

    private void Flush()
    {
        if (_isGone)
            return;
        try
        {
            LookAndTell();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The disk changes as it is being looked at: once more with the next request or event.
            _posted.Invalidate();
        }
    }

    /// <summary>After a batch of events: looks at what is new and tells.</summary>
    private void LookAndTell()
    {
        if (_shapeChanged)
        {
            var (before, root) = (_snapshot, _rootWatch);
            Scan();
            if (before is not null)
                _changed.AddRange(_snapshot!.ChangesSince(before));
            if (_rootWatch != root && _changed.Count == 0)
                _changed.Add(target.Directory);
        }

        foreach (var (path, relative) in _newFolders)
            _snapshot!.Walk(path, relative, this, _changed);
        _newFolders.Clear();
        Notify();
    }

    void ITreeVisitor.Enter(string directory, string relative)
    {
        if (Watch(directory, InotifyEvents.Contents) is not { } watched)
            return;
        watched.Relative = relative;
        if (relative.Length == 0)
            _rootWatch = watched.Watch;
    }

    void ITreeVisitor.Pin(string directory, string name, bool contents)
    {
        if (Watch(directory, contents ? InotifyEvents.Contents : InotifyEvents.Names) is { } watched)
            (watched.Pins ??= new HashSet<string>(StringComparer.Ordinal)).Add(name);
    }

    void ITreeVisitor.EnterPackages(string directory)
    {
        if (Watch(directory, InotifyEvents.Names | InotifyEvents.CloseWrite) is { } watched)
            watched.HasPackages = true;
    }

    private void OnInstalled(string path, InotifyEvents events)
    {
        Report(path, events);
        const InotifyEvents NewFolder = InotifyEvents.IsDirectory | InotifyEvents.Create;
        if ((events & NewFolder) == NewFolder && Watch(path, InotifyEvents.Names | InotifyEvents.CloseWrite) is { } watched)
            watched.IsMetadata = true;
    }

    private void OnTreeEvent(string path, string relative, InotifyEvents events)
    {
        var shape = (events & (InotifyEvents.Appeared | InotifyEvents.Disappeared)) != 0;
        if (target.Filter is not { } filter)
        {
            // A link to a folder is no folder to inotify: every name counts.
            if (shape)
                Report(path, InotifyEvents.None);
        }
        else if ((events & InotifyEvents.IsDirectory) == 0)
        {
            if (filter.Counts(relative) || target.Files.Contains(path) || (target.Opened.Counts(path) && filter.CountsOpened(relative)))
                Report(path, events);
            else if (_ignored.Count < MostIgnored && _ignored.Add(relative))
                sink.Ignored(relative, filter.IsExcluded(relative) ? "SnakeHost:Reload:Exclude names it" : "no generation has loaded or read it and SnakeHost:Reload:Include does not name it");
        }
        else if (!filter.Enters(relative))
        {
            return;
        }
        else if ((events & InotifyEvents.Disappeared) != 0)
        {
            RemoveBelow(path);
        }
        else if (shape || (events & InotifyEvents.Attributes) != 0)
        {
            _newFolders.Add((path, relative));
        }
    }

    /// <summary>A folder that was moved away keeps its watches: they would tell of it under its old name.</summary>
    private void RemoveBelow(string path)
    {
        var prefix = path + Path.DirectorySeparatorChar;
        foreach (var (watch, directory) in _directories)
        {
            if (directory.Path != path && !directory.Path.StartsWith(prefix, StringComparison.Ordinal))
                continue;
            _directories.Remove(watch);
            watcher.Unwatch(this, watch);
        }

        _newFolders.RemoveAll(folder => folder.Path == path || folder.Path.StartsWith(prefix, StringComparison.Ordinal));
        _snapshot!.Remove(path, _changed);
    }

    private void Report(string path, InotifyEvents events)
    {
        const InotifyEvents Ends = InotifyEvents.CloseWrite | InotifyEvents.Disappeared | InotifyEvents.MovedTo;
        _changed.Add(path);
        if ((events & Ends) != 0)
            _writing.Remove(path);
        else if ((events & (InotifyEvents.Modify | InotifyEvents.Create)) != 0)
            _writing.Add(path);
    }

    private void Notify()
    {
        // It has seen that its watches were refused, no more.
        if (_isGone)
            return;
        if (_changed.Count > 0)
            sink.Changed([.. _changed.Distinct(StringComparer.Ordinal).Select(_snapshot!.Display)], [.. _writing.Select(_snapshot.Display)]);
        _changed.Clear();
        if (_snapshot!.RealDirectory is null)
            sink.Missing();
        if (_lost is { } reason)
        {
            _lost = null;
            sink.Lost(reason, _snapshot);
        }
    }

    private InotifyDirectory? Watch(string directory, InotifyEvents events)
    {
        var watch = watcher.Watch(this, directory, events, out var error);
        if (watch < 0)
        {
            _lost ??= error;
            return null;
        }

        if (!_directories.TryGetValue(watch, out var watched))
            _directories[watch] = watched = new InotifyDirectory(directory, watch);
        return watched;
    }
}
