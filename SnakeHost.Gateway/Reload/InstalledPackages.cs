namespace SnakeHost.Gateway.Reload;

/// <summary>
/// What shows that packages of a virtual environment were installed, updated or removed: their <c>*.dist-info</c> folders come and go at
/// the end of each, and <c>*.pth</c> files add to the path. The packages' own files, thousands, are not watched.
/// </summary>
internal static class InstalledPackages
{
    public static bool Counts(ReadOnlySpan<char> name) =>
        name.EndsWith(".dist-info") || name.EndsWith(".egg-info") || name.EndsWith(".pth") || name.EndsWith(".egg-link");

    public static IEnumerable<string> Directories(string venv)
    {
        var library = Path.Join(venv, "lib");
        IEnumerable<string> candidates = Directory.Exists(library) ? Directory.EnumerateDirectories(library, "python*") : [];
        return candidates.Select(python => Path.Join(python, "site-packages")).Append(Path.Join(venv, "Lib", "site-packages")).Where(Directory.Exists);
    }
}
