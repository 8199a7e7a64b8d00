namespace SnakeHost.Gateway.Watching;

/// <summary>
/// What shows that packages of a virtual environment were installed, updated or removed: their <c>*.dist-info</c> folders come and go, and
/// <c>*.pth</c> and <c>*.start</c> files say what else there is. Of the packages' own files, thousands, only modules that are a single file are
/// watched: who has put them there by hand has written no metadata.
/// </summary>
internal static class InstalledPackages
{
    private static readonly string[] s_suffixes = [".dist-info", ".egg-info", ".egg-link", ".pth", ".start", ".py"];

    public static bool Counts(ReadOnlySpan<char> name)
    {
        foreach (var suffix in s_suffixes)
        {
            if (name.EndsWith(suffix))
                return true;
        }

        return false;
    }

    /// <summary>Whether a file of the metadata is the one that installers write when the package is complete.</summary>
    public static bool IsLast(ReadOnlySpan<char> name) => name is "RECORD";

    /// <summary>Of what counts: of a folder of metadata it is the stamp of the file that installers write last.</summary>
    public static FileStamp StampOf(string path) =>
        FileStamp.Of(path.EndsWith(".dist-info", StringComparison.Ordinal) ? Path.Join(path, "RECORD") : path);

    public static IEnumerable<string> Directories(string venv)
    {
        var library = Path.Join(venv, "lib");
        IEnumerable<string> candidates = Directory.Exists(library) ? Directory.EnumerateDirectories(library, "python*") : [];
        return candidates.Select(python => Path.Join(python, "site-packages")).Append(Path.Join(venv, "Lib", "site-packages")).Where(Directory.Exists);
    }
}
