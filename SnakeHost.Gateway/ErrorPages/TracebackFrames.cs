using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.ErrorPages;

/// <summary>Chooses which frames of a traceback are shown.</summary>
internal static class TracebackFrames
{
    private const int Outermost = 10;
    private const int Innermost = 40;

    /// <summary>All frames, or of a deep recursion both ends with a <see langword="null"/> for what was left out.</summary>
    public static IEnumerable<PythonFrame?> Select(IReadOnlyList<PythonFrame> frames)
    {
        if (frames.Count <= Outermost + Innermost)
            return frames;
        IEnumerable<PythonFrame?> gap = [null];
        return frames.Take(Outermost).Concat(gap).Concat(frames.Skip(frames.Count - Innermost));
    }

    /// <summary>A path as a developer would say it: relative to the app's directory, or to where packages live.</summary>
    public static string ShortPath(string file, string? directory)
    {
        if (!string.IsNullOrEmpty(directory))
        {
            var root = directory.TrimEnd('/') + "/";
            if (file.StartsWith(root, StringComparison.Ordinal))
                return file[root.Length..];
        }
        foreach (var marker in (ReadOnlySpan<string>)["/site-packages/", "/dist-packages/"])
        {
            var index = file.LastIndexOf(marker, StringComparison.Ordinal);
            if (index >= 0)
                return file[(index + marker.Length)..];
        }
        var library = file.LastIndexOf("/lib/python3", StringComparison.Ordinal);
        var end = library < 0 ? -1 : file.IndexOf('/', library + "/lib/python3".Length);
        return end < 0 ? file : file[(end + 1)..];
    }
}
