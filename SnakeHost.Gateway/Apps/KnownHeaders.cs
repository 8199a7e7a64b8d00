using System.Text;
using Microsoft.Net.Http.Headers;

namespace SnakeHost.Gateway.Apps;

/// <summary>The response headers that most apps send, so that their names need not be made again for each response.</summary>
internal static class KnownHeaders
{
    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> s_names = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        HeaderNames.AccessControlAllowOrigin, HeaderNames.Allow, HeaderNames.CacheControl, HeaderNames.ContentDisposition, HeaderNames.ContentEncoding,
        HeaderNames.ContentLanguage, HeaderNames.ContentLength, HeaderNames.ContentSecurityPolicy, HeaderNames.ContentType, HeaderNames.Date, HeaderNames.ETag,
        HeaderNames.Expires, HeaderNames.LastModified, HeaderNames.Link, HeaderNames.Location, "Referrer-Policy", HeaderNames.RetryAfter, HeaderNames.Server,
        HeaderNames.SetCookie, HeaderNames.Vary, HeaderNames.WWWAuthenticate, HeaderNames.XContentTypeOptions, HeaderNames.XFrameOptions,
    }.GetAlternateLookup<ReadOnlySpan<char>>();

    public static string Name(ReadOnlySpan<byte> name)
    {
        if (name.Length > 64)
            return Encoding.Latin1.GetString(name);
        Span<char> characters = stackalloc char[64];
        var length = Encoding.Latin1.GetChars(name, characters);
        return s_names.TryGetValue(characters[..length], out var known) ? known : new string(characters[..length]);
    }

    /// <summary>Fields that belong to the connection, which is the server's, not the app's (PEP 3333 "hop-by-hop"; ASGI "Response Start").</summary>
    public static bool IsConnectionSpecific(string name) =>
        name.Equals(HeaderNames.TransferEncoding, StringComparison.OrdinalIgnoreCase)
        || name.Equals(HeaderNames.Connection, StringComparison.OrdinalIgnoreCase)
        || name.Equals(HeaderNames.KeepAlive, StringComparison.OrdinalIgnoreCase)
        || name.Equals(HeaderNames.Upgrade, StringComparison.OrdinalIgnoreCase)
        || name.Equals(HeaderNames.ProxyConnection, StringComparison.OrdinalIgnoreCase);
}
