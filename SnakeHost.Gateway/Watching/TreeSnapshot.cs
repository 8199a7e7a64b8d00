using System.IO.Enumeration;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Watching;

/// <summary>The stamps of everything that counts for a tenant.</summary>
internal sealed class TreeSnapshot
{
    private static readonly EnumerationOptions s_all = new() { AttributesToSkip = 0, IgnoreInaccessible = true };

    private readonly WatchTarget _target;
    private readonly string? _venv;
    private readonly Dictionary<string, FileStamp> _stamps = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FileStamp> _packages = new(StringComparer.Ordinal);

    private TreeSnapshot(WatchTarget target) => (_target, _venv) = (target, target.Venv);

    /// <summary>Where the working directory really is; null when there is none.</summary>
    public string? RealDirectory { get; private set; }

    public int Count => _stamps.Count;

    public static TreeSnapshot Take(WatchTarget target, ITreeVisitor visitor)
    {
        var snapshot = new TreeSnapshot(target);
        var real = PathPins.Resolve(target.Directory, isFile: false, visitor);
        if (real is not null && Directory.Exists(real))
        {
            snapshot.RealDirectory = real;
            snapshot.Walk(real, "", visitor, changed: null);
        }

        foreach (var file in target.Files)
        {
            _ = PathPins.Resolve(file, isFile: true, visitor);
            snapshot._stamps[file] = FileStamp.Of(file);
        }

        foreach (var (path, _) in target.Opened.Read)
        {
            if (!snapshot._stamps.ContainsKey(path) && snapshot.CountsOpened(path))
                snapshot._stamps[path] = FileStamp.Of(path);
        }

        if (snapshot._venv is not null)
            snapshot.ListPackages(snapshot._venv, visitor);
        return snapshot;
    }

    /// <summary>A folder has come to be: takes in what lies below it.</summary>
    /// <param name="relative">Its path from the working directory on.</param>
    /// <param name="changed">Gets the files that are new or differ.</param>
    public void Walk(string directory, string relative, ITreeVisitor visitor, List<string>? changed)
    {
        visitor.Enter(directory, relative);
        List<string> folders = [];
        try
        {
            foreach (var (name, isFolder, stamp) in List(directory, relative))
            {
                var path = Path.Join(directory, name);
                if (isFolder && _target.Filter is not null)
                {
                    folders.Add(name);
                }
                else if (!_stamps.TryGetValue(path, out var known) || known != stamp)
                {
                    _stamps[path] = stamp;
                    changed?.Add(path);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It went away meanwhile, which will be told.
        }

        foreach (var name in folders)
            Walk(Path.Join(directory, name), relative.Length == 0 ? name : $"{relative}/{name}", visitor, changed);
    }

    /// <summary>A folder has gone: forgets what lay below it, which is added to the changes.</summary>
    public void Remove(string directory, List<string> changed)
    {
        var prefix = directory + Path.DirectorySeparatorChar;
        foreach (var path in _stamps.Keys.Where(path => path.StartsWith(prefix, StringComparison.Ordinal)).ToList())
        {
            _stamps.Remove(path);
            changed.Add(path);
        }
    }

    /// <summary>What is new, gone or different.</summary>
    public List<string> ChangesSince(TreeSnapshot earlier)
    {
        // All else follows from it.
        if (RealDirectory != earlier.RealDirectory)
            return [_target.Directory];
        var changes = _stamps.Where(entry => (earlier.Stamp(entry.Key) ?? _target.Opened.Stamp(entry.Key)) != entry.Value).Select(entry => entry.Key).ToList();
        changes.AddRange(earlier._stamps.Keys.Where(path => !_stamps.ContainsKey(path) && !_target.Opened.IsWritten(path)));
        // Of another environment all are new, which the load knows that has begun to use it.
        if (_venv == earlier._venv)
            changes.AddRange(_packages.Concat(earlier._packages).Where(entry => Package(entry.Key) != earlier.Package(entry.Key)).Select(entry => entry.Key).Distinct(StringComparer.Ordinal));
        return changes;
    }

    /// <summary>How a path is shown: from the working directory on, if it lies there.</summary>
    public string Display(string path) =>
        Array.Find([RealDirectory, _target.Directory], directory => directory is not null && path != directory && RealPath.IsWithin(path, directory)) is { } directory
            ? Path.GetRelativePath(directory, path)
            : path;

    /// <summary>In a folder that is looked into, and not named by Exclude.</summary>
    private bool CountsOpened(string path)
    {
        if (_target.Filter is not { } filter || RealDirectory is not { } root || !path.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            return false;
        var relative = Path.GetRelativePath(root, path).Replace(Path.DirectorySeparatorChar, '/');
        for (var end = relative.IndexOf('/', StringComparison.Ordinal); end >= 0; end = relative.IndexOf('/', end + 1))
        {
            if (!filter.Enters(relative.AsSpan(0, end)))
                return false;
        }

        return filter.CountsOpened(relative);
    }

    private FileStamp? Package(string path) => _packages.TryGetValue(path, out var stamp) ? stamp : null;

    private FileStamp? Stamp(string path) => _stamps.TryGetValue(path, out var stamp) ? stamp : null;

    private FileSystemEnumerable<(string Name, bool IsFolder, FileStamp Stamp)> List(string directory, string relative)
    {
        var filter = _target.Filter;
        return new FileSystemEnumerable<(string, bool, FileStamp)>(directory, Read, s_all)
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) =>
            {
                if (filter is null)
                    return entry.IsDirectory && !entry.FileName.StartsWith('.');
                var path = relative.Length == 0 ? entry.FileName : string.Concat(relative, "/", entry.FileName);

                // Links to folders are not followed, as they may lead round in circles; what is imported through them is watched as a file.
                return entry.IsDirectory ? filter.Enters(path) && (entry.Attributes & FileAttributes.ReparsePoint) == 0 : filter.Counts(path);
            },
        };

        (string, bool, FileStamp) Read(ref FileSystemEntry entry)
        {
            var name = entry.FileName.ToString();
            if (entry.IsDirectory)
                return (name, true, new FileStamp(1, -1));
            return (entry.Attributes & FileAttributes.ReparsePoint) != 0
                ? (name, false, FileStamp.Of(Path.Join(directory, name)))
                : (name, false, new FileStamp(entry.LastWriteTimeUtc.UtcTicks, entry.Length));
        }
    }

    private void ListPackages(string venv, ITreeVisitor visitor)
    {
        foreach (var directory in InstalledPackages.Directories(venv))
        {
            visitor.EnterPackages(directory);
            try
            {
                foreach (var path in Directory.EnumerateFileSystemEntries(directory).Where(path => InstalledPackages.Counts(Path.GetFileName(path))))
                    _packages[path] = InstalledPackages.StampOf(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A venv that is being deleted: its removal is told by the pin on pyvenv.cfg.
            }
        }
    }
}
