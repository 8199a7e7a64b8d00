using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Watching;

namespace SnakeHost.Tests.Watching;

/// <summary>A folder that is watched, with whatever else a test needs beside it.</summary>
internal sealed class WatchFixture : IDisposable
{
    private readonly DirectoryInfo _outside = Directory.CreateTempSubdirectory("snakehost-watch-");
    private IWatchedTree? _tree;
    private int _edits;

    /// <param name="kind">"inotify" or "stamps".</param>
    /// <param name="mostWatches">As if the system had no more.</param>
    public WatchFixture(string kind, int mostWatches = int.MaxValue)
    {
        App = Path.Combine(_outside.FullName, "app");
        Directory.CreateDirectory(App);
        Watcher = kind == "inotify"
            ? InotifyWatcher.Create(out var refusal, mostWatches) ?? throw new InvalidOperationException(refusal)
            : new StampWatcher(Options, TimeProvider.System, slow: TimeSpan.MaxValue);
    }

    public static TheoryData<string> Kinds => OperatingSystem.IsLinux() ? ["inotify", "stamps"] : ["stamps"];

    // Its own looks are far apart: a test sees what it asks for.
    public ReloadOptions Options { get; } = new() { PollingInterval = TimeSpan.FromHours(1) };

    public string Outside => _outside.FullName;

    public string App { get; }

    public IChangeWatcher Watcher { get; }

    public RecordingSink Sink { get; } = new();

    public IWatchedTree Tree => _tree ??= Watcher.Watch(Target, Sink);

    public WatchTarget Target => field ??= new WatchTarget(WorkingDirectory ?? App, new WatchFilter(Options), Files, Venv);

    /// <summary>The working directory, if it is not <see cref="App"/>.</summary>
    public string? WorkingDirectory { get; set; }

    public List<string> Files { get; init; } = [];

    public string? Venv { get; set; }

    /// <summary>Writes a file as simple editors do: in place. Each content has another length.</summary>
    public string Write(string path)
    {
        var file = Path.GetFullPath(path, App);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, new string('#', ++_edits));
        return file;
    }

    /// <summary>Begins to watch what is there.</summary>
    public void Watch() => Assert.NotNull(Tree);

    /// <summary>What has been told of what has happened up to now.</summary>
    public IReadOnlyList<string> Changes()
    {
        Tree.TakeIn();
        return Sink.Take();
    }

    public void Dispose()
    {
        Watcher.Dispose();
        _outside.Delete(recursive: true);
    }
}
