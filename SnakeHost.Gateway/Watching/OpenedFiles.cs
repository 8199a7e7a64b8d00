using System.Collections.Concurrent;

namespace SnakeHost.Gateway.Watching;

/// <summary>What an app has read of its folder. What it has written, ever, is its own doing and does not count.</summary>
internal sealed class OpenedFiles
{
    private readonly ConcurrentDictionary<string, FileStamp?> _files = new(StringComparer.Ordinal);

    /// <summary>Those that count, with what they were when they were first read.</summary>
    public IEnumerable<KeyValuePair<string, FileStamp>> Read =>
        _files.Where(file => file.Value is not null).Select(file => KeyValuePair.Create(file.Key, file.Value!.Value));

    public bool Counts(string path) => _files.TryGetValue(path, out var stamp) && stamp is not null;

    public bool IsWritten(string path) => _files.TryGetValue(path, out var stamp) && stamp is null;

    /// <summary>What a file was when it was first read; null for one that does not count.</summary>
    public FileStamp? Stamp(string path) => _files.GetValueOrDefault(path);

    public void AddRead(string path, FileStamp stamp) => _files.TryAdd(path, stamp);

    public void AddWritten(string path) => _files[path] = null;
}
