namespace SnakeHost.Gateway.Watching;

/// <summary>Is told what a watcher has seen. Called under the tree's lock: it only takes note.</summary>
internal interface IChangeSink
{
    /// <param name="paths">What changed; not empty.</param>
    /// <param name="writing">Those among them that somebody has not closed yet.</param>
    void Changed(IReadOnlyList<string> paths, IReadOnlyCollection<string> writing);

    /// <summary>The working directory is not there.</summary>
    void Missing();

    /// <summary>The watcher cannot go on with this tree.</summary>
    /// <param name="reason">Why, for the log.</param>
    void Lost(string reason, TreeSnapshot last) { }

    /// <summary>A change that does not count; told once for a path.</summary>
    void Ignored(string path, string reason) { }

    /// <summary>A look at the disk has taken more than a second; the tenant's requests waited for it.</summary>
    /// <param name="size">Folders or files.</param>
    void LookedSlowly(TimeSpan took, int size) { }
}
