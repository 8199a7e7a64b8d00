using System.IO.Enumeration;

namespace SnakeHost.Gateway.Watching;

/// <summary>
/// A pattern: <c>*</c> and <c>?</c> within a name, <c>**</c> for any number of folders. One without a slash means names, at any depth;
/// one with a slash means paths from the working directory on.
/// </summary>
internal sealed class Glob
{
    private readonly string[] _parts;

    public Glob(string pattern)
    {
        Pattern = pattern;
        _parts = pattern.Split('/', StringSplitOptions.RemoveEmptyEntries);
        IsName = !pattern.TrimEnd('/').Contains('/', StringComparison.Ordinal) && _parts is not ["**"];
    }

    public string Pattern { get; }

    /// <summary>Whether it says something of names only.</summary>
    private bool IsName { get; }

    /// <param name="path">Relative to the working directory, with <c>/</c>.</param>
    public bool Matches(ReadOnlySpan<char> path) =>
        IsName ? _parts.Length == 1 && Matches(path[(path.LastIndexOf('/') + 1)..], _parts[0]) : Matches(path, _parts);

    private static bool Matches(ReadOnlySpan<char> path, ReadOnlySpan<string> parts)
    {
        if (parts.IsEmpty)
            return path.IsEmpty;
        if (parts[0] == "**")
        {
            for (var rest = path; ;)
            {
                if (Matches(rest, parts[1..]))
                    return true;
                if (rest.IsEmpty)
                    return false;
                var slash = rest.IndexOf('/');
                rest = slash < 0 ? default : rest[(slash + 1)..];
            }
        }

        if (path.IsEmpty)
            return false;
        var end = path.IndexOf('/');
        var name = end < 0 ? path : path[..end];
        return Matches(name, parts[0]) && Matches(end < 0 ? default : path[(end + 1)..], parts[1..]);
    }

    private static bool Matches(ReadOnlySpan<char> name, string part) => FileSystemName.MatchesSimpleExpression(part, name, ignoreCase: false);
}
