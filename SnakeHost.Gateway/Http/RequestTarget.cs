using System.Text;
using Microsoft.AspNetCore.Http.Features;

namespace SnakeHost.Gateway.Http;

/// <summary>
/// The path of a request as bytes: percent-decoded, not decoded to characters, as WSGI wants it and as ASGI's UTF-8 starts from.
/// </summary>
/// <remarks>
/// ASP.NET's own <c>Path</c> leaves <c>%2F</c> encoded and cannot hold bytes that are not UTF-8, so the path is decoded from the
/// request line. But an app must not see another path than the one that chose it: where the server removed dot segments, its
/// result counts.
/// </remarks>
internal static class RequestTarget
{
    /// <summary>
    /// False for a target that is none (RFC 9112, 3.2: what is not visible ASCII is encoded), or that is another scheme's or names a user. An absolute one,
    /// <c>http://host/path</c>, becomes what is behind its host, which is the request's by now, so that it means what <c>/path</c> means: the server
    /// has read it by the rules of .NET's Uri, which decodes slashes and turns backslashes around.
    /// </summary>
    public static bool TryAccept(IHttpRequestFeature request)
    {
        var target = request.RawTarget;
        return !target.AsSpan().ContainsAnyExceptInRange('!', '~') && (target.StartsWith('/') || TryMakeOrigin(request, target));
    }

    /// <summary>The part of the request line before the query, still encoded. Empty unless it starts with a slash.</summary>
    public static ReadOnlySpan<char> RawPath(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.AsSpan();
        var query = target.IndexOf('?');
        if (query >= 0)
            target = target[..query];
        return target.StartsWith('/') ? target : default;
    }

    /// <summary>Decodes the path into the buffer and gives its length in bytes.</summary>
    /// <param name="rawPath">What <see cref="RawPath"/> gave.</param>
    /// <param name="buffer">At least <see cref="MaxLength"/> bytes.</param>
    public static int Decode(HttpContext context, ReadOnlySpan<char> rawPath, Span<byte> buffer)
    {
        if (rawPath.IsEmpty || HasDotSegment(rawPath))
            return Encoding.UTF8.GetBytes(context.Request.PathBase.Value + context.Request.Path.Value, buffer);

        var length = 0;
        for (var i = 0; i < rawPath.Length; i++)
        {
            var c = rawPath[i];
            if (c == '%' && i + 2 < rawPath.Length && char.IsAsciiHexDigit(rawPath[i + 1]) && char.IsAsciiHexDigit(rawPath[i + 2]))
            {
                buffer[length++] = (byte)(HexValue(rawPath[i + 1]) << 4 | HexValue(rawPath[i + 2]));
                i += 2;
            }
            else
            {
                buffer[length++] = (byte)c;
            }
        }

        return length;
    }

    public static int MaxLength(HttpContext context, ReadOnlySpan<char> rawPath) =>
        Math.Max(rawPath.Length, Encoding.UTF8.GetMaxByteCount((context.Request.PathBase.Value?.Length ?? 0) + (context.Request.Path.Value?.Length ?? 0)));

    private static bool TryMakeOrigin(IHttpRequestFeature request, string target)
    {
        var host = target.IndexOf("://", StringComparison.Ordinal) + 3;
        if (!target.AsSpan(0, host).Equals("http://", StringComparison.OrdinalIgnoreCase) && !target.AsSpan(0, host).Equals("https://", StringComparison.OrdinalIgnoreCase))
            return false;
        var end = target.AsSpan(host).IndexOfAny('/', '?', '#');
        var authority = end < 0 ? target.AsSpan(host) : target.AsSpan(host, end);
        if (authority.IsEmpty || authority.Contains('@'))
            return false;

        var rest = end < 0 ? "" : target[(host + end)..];
        var origin = rest.StartsWith('/') ? rest : "/" + rest;
        var query = origin.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? origin : origin[..query];
        if (path.Contains("%00", StringComparison.Ordinal))
            return false;
        request.RawTarget = origin;
        request.QueryString = query < 0 ? "" : origin[query..];
        if (!HasDotSegment(path))
            request.Path = PathString.FromUriComponent(path).Value!;
        return true;
    }

    private static bool HasDotSegment(ReadOnlySpan<char> path) =>
        path.Contains("/.", StringComparison.Ordinal) || path.Contains("%2e", StringComparison.OrdinalIgnoreCase);

    private static int HexValue(char c) => c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}
