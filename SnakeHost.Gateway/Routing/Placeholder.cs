using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace SnakeHost.Gateway.Routing;

/// <summary>A value that a request supplies, under Caddy's name for it.</summary>
/// <param name="Index">Of a label, counted from the right, or of a path segment, counted from the left; from 0.</param>
/// <param name="Name">Of a query parameter, header or cookie.</param>
internal sealed record Placeholder(PlaceholderKind Kind, int Index = 0, string Name = "")
{
    private const string Request = "http.request.";

    private static readonly (string Name, PlaceholderKind Kind)[] s_plain =
    [
        ("host", PlaceholderKind.Host),
        ("hostport", PlaceholderKind.HostPort),
        ("port", PlaceholderKind.Port),
        ("scheme", PlaceholderKind.Scheme),
        ("method", PlaceholderKind.Method),
        ("uri", PlaceholderKind.Uri),
        ("uri.path", PlaceholderKind.Path),
        ("uri.path.dir", PlaceholderKind.PathDirectory),
        ("uri.path.file", PlaceholderKind.PathFile),
        ("remote.host", PlaceholderKind.RemoteHost),
    ];

    private static readonly (string Prefix, PlaceholderKind Kind)[] s_indexed =
        [("host.labels.", PlaceholderKind.HostLabel), ("uri.path.", PlaceholderKind.PathSegment)];

    private static readonly (string Prefix, PlaceholderKind Kind)[] s_named =
        [("uri.query.", PlaceholderKind.Query), ("header.", PlaceholderKind.Header), ("cookie.", PlaceholderKind.Cookie)];

    /// <summary>Every name, with N or NAME where one varies; for messages and the documentation's test.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. s_plain.Select(entry => Request + entry.Name),
        .. s_indexed.Select(entry => Request + entry.Prefix + "N"),
        .. s_named.Select(entry => Request + entry.Prefix + "NAME"),
        "env.NAME",
    ];

    /// <summary>Whether the value is taken from the host, and therefore has no case.</summary>
    public bool IsHost => Kind is PlaceholderKind.Host or PlaceholderKind.HostLabel;

    /// <summary>Reads the text between the braces, except <c>env.NAME</c>, which is no property of a request.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Placeholder? placeholder)
    {
        placeholder = null;
        if (!text.StartsWith(Request, StringComparison.Ordinal)) return false;
        var name = text[Request.Length..];
        foreach (var (plain, kind) in s_plain)
        {
            if (name != plain) continue;
            placeholder = new Placeholder(kind);
            return true;
        }

        foreach (var (prefix, kind) in s_indexed)
        {
            if (!name.StartsWith(prefix, StringComparison.Ordinal)
                || !byte.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var index))
            {
                continue;
            }

            placeholder = new Placeholder(kind, index);
            return true;
        }

        foreach (var (prefix, kind) in s_named)
        {
            if (!name.StartsWith(prefix, StringComparison.Ordinal) || name.Length == prefix.Length) continue;

            // Header names have no case: two spellings are one placeholder.
            var key = name[prefix.Length..];
            placeholder = new Placeholder(kind, Name: kind == PlaceholderKind.Header ? key.ToLowerInvariant() : key);
            return true;
        }

        return false;
    }

    public override string ToString()
    {
        var (kind, index, name) = (Kind, Index, Name);
        if (Array.Find(s_plain, entry => entry.Kind == kind).Name is { } plain) return $"{{{Request}{plain}}}";
        return Array.Find(s_indexed, entry => entry.Kind == kind).Prefix is { } indexed
            ? string.Create(CultureInfo.InvariantCulture, $"{{{Request}{indexed}{index}}}")
            : $"{{{Request}{Array.Find(s_named, entry => entry.Kind == kind).Prefix}{name}}}";
    }
}
