using SnakeHost.Gateway.Watching;

namespace SnakeHost.Tests.Watching;

/// <summary>Keeps what a watcher tells.</summary>
internal sealed class RecordingSink : IChangeSink
{
    private readonly Lock _gate = new();
    private readonly List<string> _paths = [];

    public IReadOnlyCollection<string> Writing { get; private set; } = [];

    public int MissingCount { get; private set; }

    public List<string> LostReasons { get; } = [];

    public Dictionary<string, string> IgnoredReasons { get; } = [];

    /// <summary>Called under the tree's lock.</summary>
    public Action? OnChanged { get; set; }

    /// <summary>What was told since the last call, sorted, each once.</summary>
    public IReadOnlyList<string> Take()
    {
        lock (_gate)
        {
            List<string> paths = [.. _paths.Distinct().Order(StringComparer.Ordinal)];
            _paths.Clear();
            return paths;
        }
    }

    public void Changed(IReadOnlyList<string> paths, IReadOnlyCollection<string> writing)
    {
        lock (_gate)
        {
            _paths.AddRange(paths);
            Writing = writing;
        }

        OnChanged?.Invoke();
    }

    public void Missing() => MissingCount++;

    public void Lost(string reason, TreeSnapshot last) => LostReasons.Add(reason);

    public void Ignored(string path, string reason) => IgnoredReasons[path] = reason;

    public void LookedSlowly(TimeSpan took, int size)
    {
    }
}
