namespace SnakeHost.Gateway.Watching;

/// <summary>Passes on which folders of Root come and go. Routing looks again by itself after a while: Root alone is not worth polling.</summary>
internal sealed class FolderSink(string root, Action<string> changed) : IChangeSink
{
    public void Changed(IReadOnlyList<string> paths, IReadOnlyCollection<string> writing)
    {
        foreach (var path in paths)
            changed(Path.Join(root, Path.GetFileName(path)));
    }

    public void Missing() => changed(root);
}
