namespace SnakeHost.Gateway.Reload;

/// <summary>Passes on which folders of Root come and go.</summary>
internal sealed class FolderSink(string root, TenantFreshness owner) : IChangeSink
{
    public void Changed(IReadOnlyList<string> paths, IReadOnlyCollection<string> writing)
    {
        foreach (var path in paths)
            owner.FolderChanged(Path.Join(root, Path.GetFileName(path)));
    }

    public void Missing() => owner.FolderChanged(root);

    // Routing looks again by itself after a while: Root alone is not worth polling.
    public void Lost(string reason, TreeSnapshot last)
    {
    }

    public void Ignored(string path, string reason)
    {
    }

    public void LookedSlowly(TimeSpan took, int size)
    {
    }
}
