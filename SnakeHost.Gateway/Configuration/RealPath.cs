namespace SnakeHost.Gateway.Configuration;

/// <summary>realpath(3), which .NET lacks: its link resolution follows the last component only.</summary>
internal static class RealPath
{
    // As Linux: more is a cycle.
    private const int MaximumLinks = 40;

    /// <summary>The path with every symlink resolved; components that do not exist stay as they are. Null for a cycle.</summary>
    public static string? Resolve(string path)
    {
        var links = 0;
        return Resolve(Path.GetFullPath(path), ref links);
    }

    /// <summary>Whether a path is the directory or lies below it, by components: <c>/a/bc</c> does not lie below <c>/a/b</c>.</summary>
    public static bool IsWithin(string path, string directory)
    {
        directory = Path.TrimEndingDirectorySeparator(directory);
        return path.StartsWith(directory, StringComparison.Ordinal)
            && (path.Length == directory.Length || Path.EndsInDirectorySeparator(directory) || path[directory.Length] == Path.DirectorySeparatorChar);
    }

    private static string? Resolve(string path, ref int links)
    {
        var parent = Path.GetDirectoryName(path);
        if (parent is null) return path;
        parent = Resolve(parent, ref links);
        if (parent is null) return null;
        var resolved = Path.Join(parent, Path.GetFileName(path));
        if (new FileInfo(resolved).LinkTarget is not { } target) return resolved;
        return ++links > MaximumLinks ? null : Resolve(Path.GetFullPath(target, parent), ref links);
    }
}
