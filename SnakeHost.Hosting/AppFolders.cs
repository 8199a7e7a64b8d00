namespace SnakeHost.Hosting;

/// <summary>The apps of a folder while it changes: who appears, who goes.</summary>
/// <remarks>It looks once a second. Notifications would need a watch on every folder below, virtual environments included, to see the first Python file come.</remarks>
/// <param name="folder">The folder of apps.</param>
/// <param name="known">Those that the caller knows of.</param>
/// <param name="changed">Called with the names that are new and those that are gone; one call at a time.</param>
/// <param name="time">For the pauses.</param>
internal sealed class AppFolders(string folder, IEnumerable<string> known, Func<IReadOnlyList<string>, IReadOnlyList<string>, Task> changed, TimeProvider time)
{
    private readonly HashSet<string> _known = [.. known];

    /// <summary>The names of the apps: the folders that hold a Python file. Not those that begin with a dot, which are never served.</summary>
    public static IReadOnlyList<string> List(string folder) =>
    [
        .. Directory.EnumerateDirectories(folder)
            .Where(app => !Path.GetFileName(app.AsSpan()).StartsWith('.') && Directory.EnumerateFiles(app, "*.py").Any())
            .Select(app => Path.GetFileName(app)!)
            .Order(StringComparer.Ordinal)
    ];

    /// <summary>Looks until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await LookAsync();
            await Task.Delay(TimeSpan.FromSeconds(1), time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LookAsync()
    {
        string[] added, removed;
        try
        {
            IReadOnlyList<string> now = Directory.Exists(folder) ? List(folder) : [];
            added = [.. now.Except(_known, StringComparer.Ordinal)];
            removed = [.. _known.Except(now, StringComparer.Ordinal)];
        }
        catch (IOException)
        {
            // A folder that is deleted while it is listed. The next look sees what is left.
            return;
        }

        if (added.Length + removed.Length == 0)
            return;
        _known.ExceptWith(removed);
        _known.UnionWith(added);
        await changed(added, removed);
    }
}
