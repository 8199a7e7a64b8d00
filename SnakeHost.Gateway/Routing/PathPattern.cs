using System.Buffers;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Routing;

/// <summary>A prefix of whole segments: <c>/app1</c> matches <c>/app1</c> and <c>/app1/x</c>, never <c>/app10</c>. <c>*</c> is any one segment.</summary>
internal sealed class PathPattern : IComparable<PathPattern>
{
    private const string Any = "*";

    private static readonly SearchValues<char> s_refused = SearchValues.Create("?#%{}\\\0");

    private readonly string[] _segments;

    private PathPattern(string[] segments) => _segments = segments;

    /// <exception cref="ConfigurationException">It is no prefix.</exception>
    public static PathPattern Parse(string key, string text)
    {
        var trimmed = text.EndsWith('/') ? text[..^1] : text;
        var segments = trimmed.Length == 0 ? [] : trimmed[1..].Split('/');
        if (!text.StartsWith('/') || Array.Exists(segments, segment =>
            segment is "" or "." or ".." || (segment.Contains('*', StringComparison.Ordinal) && segment != Any) || segment.AsSpan().ContainsAny(s_refused)))
        {
            throw new ConfigurationException($"{key} is '{text}': it must be a path of whole segments, such as /, /api or /*/api, as it reads when decoded.");
        }

        return new PathPattern([.. segments.Select(segment => segment == Any ? Any : segment)]);
    }

    /// <summary>How many characters of the decoded path belong to the prefix; -1 when it does not match.</summary>
    public int Match(ReadOnlySpan<char> path)
    {
        var length = 0;
        foreach (var segment in _segments)
        {
            if (length >= path.Length || path[length] != '/') return -1;
            var rest = path[(length + 1)..];
            var slash = rest.IndexOf('/');
            var actual = slash < 0 ? rest : rest[..slash];
            if (ReferenceEquals(segment, Any) ? actual.IsEmpty : !actual.SequenceEqual(segment)) return -1;
            length += 1 + actual.Length;
        }

        return length;
    }

    /// <summary>More specific first: more segments, then names before wildcards.</summary>
    public int CompareTo(PathPattern? other)
    {
        if (other is null) return -1;
        var order = other._segments.Length.CompareTo(_segments.Length);
        for (var index = 0; order == 0 && index < _segments.Length; index++)
        {
            order = (_segments[index] == Any).CompareTo(other._segments[index] == Any);
            if (order == 0) order = string.CompareOrdinal(_segments[index], other._segments[index]);
        }

        return order;
    }

    public override string ToString() => "/" + string.Join('/', _segments);
}
