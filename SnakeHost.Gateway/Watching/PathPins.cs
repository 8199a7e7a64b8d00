namespace SnakeHost.Gateway.Watching;

/// <summary>Finds what a path leads to, and on the way every name in a directory on which that depends: symbolic links, what is missing, the end.</summary>
internal static class PathPins
{
    // As Linux: more is a cycle.
    private const int MaximumLinks = 40;

    /// <summary>The real path; null when a part of it is missing, or for a cycle.</summary>
    /// <param name="path">Absolute.</param>
    /// <param name="isFile">Whether it is to lead to a file, whose contents matter.</param>
    public static string? Resolve(string path, bool isFile, ITreeVisitor visitor)
    {
        path = Path.GetFullPath(path);
        for (var links = 0; links < MaximumLinks; links++)
        {
            if (Follow(path, isFile, visitor, out var real))
                return real;
            path = real!;
        }

        return null;
    }

    /// <summary>True with the real path (null if missing); false with the path to go on with, one symbolic link further.</summary>
    private static bool Follow(string path, bool isFile, ITreeVisitor visitor, out string? real)
    {
        var current = Path.GetPathRoot(path)!;
        var parts = path[current.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < parts.Length; i++)
        {
            var next = Path.Join(current, parts[i]);
            var isEnd = i == parts.Length - 1;
            if (isEnd || LinkTarget(next) is not null || !Path.Exists(next))
                visitor.Pin(current, parts[i], isFile && isEnd);

            // After the pin: what changes from here on is told.
            if (LinkTarget(next) is { } target)
            {
                real = Path.Join([Path.GetFullPath(target, current), .. parts[(i + 1)..]]);
                return false;
            }

            if (!Path.Exists(next))
            {
                real = null;
                return true;
            }

            current = next;
        }

        real = current;
        return true;
    }

    private static string? LinkTarget(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
