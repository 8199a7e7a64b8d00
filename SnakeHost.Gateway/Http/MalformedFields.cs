using System.Buffers;

namespace SnakeHost.Gateway.Http;

/// <summary>
/// Header fields that Kestrel takes and that are refused here: a name that is no token (RFC 9110, 5.6.2: one field to us may be another to an app, or to a server on the
/// way), a value with a control character (5.5 lets a recipient keep them "within a safe context"; what apps do with a value is none, and the servers they come from refuse them).
/// </summary>
/// <remarks>
/// Whoever reads a field's bytes knows that it is malformed, but not yet whose it is; to throw there ends a connection of HTTP/2 with everybody's requests that a proxy
/// has put on it. No proxy passes on such a name, but some do a value: so it is noted that there was one, and from then on each request's values are looked at, which until
/// then costs nothing.
/// </remarks>
internal static class MalformedFields
{
    private static readonly SearchValues<char> s_token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static readonly char[] s_controls = [.. Enumerable.Range(0, 32).Where(value => value != '\t').Select(value => (char)value), '\x7f'];
    private static readonly SearchValues<char> s_controlCharacters = SearchValues.Create(s_controls);
    private static readonly SearchValues<byte> s_controlBytes = SearchValues.Create([.. s_controls.Select(value => (byte)value)]);

    private static volatile bool s_seen;

    /// <summary>Of a field that is being read, of a head or of trailers.</summary>
    /// <exception cref="RefusedFieldException">It is no token.</exception>
    public static void CheckName(string name)
    {
        // Of the pseudo header fields of HTTP/2 Kestrel refuses those that do not exist; in HTTP/1.1 no name begins so.
        if (name.AsSpan().ContainsAnyExcept(s_token) && !name.StartsWith(':'))
            throw new RefusedFieldException("A header's name is no token.");
    }

    /// <summary>Of a field that is being read.</summary>
    /// <exception cref="RefusedFieldException">It holds a NUL, CR or LF, which nobody may keep.</exception>
    public static void NoteValue(ReadOnlySpan<byte> value)
    {
        if (!value.ContainsAny(s_controlBytes))
            return;
        if (value.ContainsAny((byte)0, (byte)'\r', (byte)'\n'))
            throw new RefusedFieldException("A header's value holds a NUL or a line break.");
        s_seen = true;
    }

    public static bool AreIn(HttpRequest request) => s_seen && Find(request.Headers);

    private static bool Find(IHeaderDictionary headers)
    {
        foreach (var (_, values) in headers)
        {
            foreach (var value in values)
            {
                if (value.AsSpan().ContainsAny(s_controlCharacters))
                    return true;
            }
        }

        return false;
    }
}
