using System.Collections.Frozen;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Watching;

/// <summary>Which files and folders below a working directory count. Paths are relative to it, with <c>/</c>.</summary>
internal sealed class WatchFilter(ReloadOptions options)
{
    private static readonly FrozenSet<string> s_never = FrozenSet.ToFrozenSet(["__pycache__", "venv", "node_modules"], StringComparer.Ordinal);
    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> s_neverSpan = s_never.GetAlternateLookup<ReadOnlySpan<char>>();

    private readonly Glob[] _include = [.. options.Include.Select(pattern => new Glob(pattern))];
    private readonly Glob[] _exclude = [.. options.Exclude.Select(pattern => new Glob(pattern))];

    /// <summary>Whether a folder is looked into. Hidden ones are not, <c>.git</c> and <c>.venv</c> among them.</summary>
    public bool Enters(ReadOnlySpan<char> path)
    {
        var name = path[(path.LastIndexOf('/') + 1)..];
        return !name.StartsWith('.') && !s_neverSpan.Contains(name) && !Excludes(path);
    }

    /// <summary>Whether a file in a folder that is looked into counts. Hidden files do not: editors keep locks in such.</summary>
    public bool Counts(ReadOnlySpan<char> path) => !path[(path.LastIndexOf('/') + 1)..].StartsWith('.') && Matches(_include, path) && !Excludes(path);

    /// <summary>As <see cref="Counts"/>, for a file that the app has read: no pattern has to name it.</summary>
    public bool CountsOpened(ReadOnlySpan<char> path) => !path[(path.LastIndexOf('/') + 1)..].StartsWith('.') && !Excludes(path);

    /// <summary>Whether <c>Exclude</c> names the path, or a folder that it lies in.</summary>
    public bool IsExcluded(ReadOnlySpan<char> path)
    {
        for (var end = path.IndexOf('/'); end >= 0;)
        {
            if (Excludes(path[..end]))
                return true;
            var next = path[(end + 1)..].IndexOf('/');
            end = next < 0 ? -1 : end + 1 + next;
        }

        return Excludes(path);
    }

    private bool Excludes(ReadOnlySpan<char> path) => Matches(_exclude, path);

    private static bool Matches(Glob[] globs, ReadOnlySpan<char> path)
    {
        foreach (var glob in globs)
        {
            if (glob.Matches(path))
                return true;
        }

        return false;
    }
}
