namespace SnakeHost.Gateway.Watching;

/// <summary>What is to be watched for one tenant.</summary>
/// <param name="directory">The working directory, absolute; symbolic links on the way to it are followed as they are re-pointed.</param>
/// <param name="filter">Which files below it count; null: only the names of the folders in it.</param>
/// <param name="files">Single files that count wherever they are, absolute.</param>
/// <param name="venv">A virtual environment whose installed packages count, or null; another one when that is set.</param>
internal sealed class WatchTarget(string directory, WatchFilter? filter, IEnumerable<string> files, string? venv)
{
    private string? _venv = venv;
    private volatile IReadOnlySet<string> _files = files.Select(Path.GetFullPath).ToHashSet(StringComparer.Ordinal);

    public string Directory { get; } = directory;

    public WatchFilter? Filter { get; } = filter;

    /// <summary>Counts from the next look on.</summary>
    public string? Venv
    {
        get => Volatile.Read(ref _venv);
        set => Volatile.Write(ref _venv, value);
    }

    public IReadOnlySet<string> Files => _files;

    /// <summary>Files below the directory that count because the app has read them.</summary>
    public OpenedFiles Opened { get; } = new();

    /// <summary>Counts from the next look on.</summary>
    public void AddFiles(IEnumerable<string> more) => _files = _files.Concat(more.Select(Path.GetFullPath)).ToHashSet(StringComparer.Ordinal);
}
