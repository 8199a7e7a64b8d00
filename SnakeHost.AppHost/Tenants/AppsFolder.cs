namespace SnakeHost.AppHost.Tenants;

/// <summary>The folder whose folders are the apps.</summary>
internal static class AppsFolder
{
    /// <summary>The nearest <c>apps</c> in or above the first of the given directories that has one.</summary>
    public static string? Find(params IReadOnlyList<string> directories) =>
        directories.SelectMany(SelfAndAbove).Select(directory => Path.Combine(directory, "apps")).FirstOrDefault(Directory.Exists);

    /// <summary>The names of the apps: the folders that hold a Python file. Not those that begin with a dot, which are never served.</summary>
    public static IReadOnlyList<string> List(string folder) =>
    [
        .. Directory.EnumerateDirectories(folder)
            .Where(app => !Path.GetFileName(app.AsSpan()).StartsWith('.') && Directory.EnumerateFiles(app, "*.py").Any())
            .Select(app => Path.GetFileName(app)!)
            .Order(StringComparer.Ordinal)
    ];

    private static IEnumerable<string> SelfAndAbove(string directory)
    {
        for (var current = new DirectoryInfo(directory); current is not null; current = current.Parent)
            yield return current.FullName;
    }
}
