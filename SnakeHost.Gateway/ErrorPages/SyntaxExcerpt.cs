namespace SnakeHost.Gateway.ErrorPages;

/// <summary>The culprit of a <c>SyntaxError</c>: it has no frame, since the file never ran, and stands in the traceback only.</summary>
internal static class SyntaxExcerpt
{
    /// <summary>The offending line and Python's mark under it, from a traceback that ends in <c>File "x.py", line 1</c> without a function; else null.</summary>
    public static string? Find(string traceback)
    {
        var start = traceback.LastIndexOf("\n  File \"", StringComparison.Ordinal);
        if (start < 0)
            return null;
        var lines = traceback[(start + 1)..].Split('\n');
        if (lines[0].Contains(", in ", StringComparison.Ordinal))
            return null;
        var excerpt = lines.Skip(1).TakeWhile(line => line.StartsWith("    ", StringComparison.Ordinal)).Select(line => line[4..]).ToList();
        return excerpt.Count == 0 ? null : string.Join('\n', excerpt);
    }
}
