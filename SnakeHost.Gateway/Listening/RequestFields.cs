using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Net.Http.Headers;
using SnakeHost.Gateway.Http;

namespace SnakeHost.Gateway.Listening;

/// <summary>
/// Which header fields are let in, of HTTP/1.1 and HTTP/2. Kestrel asks for the encoding of each field's value by the field's name, before it makes
/// anything of the value: so this is the place to refuse either.
/// </summary>
internal static class RequestFields
{
    /// <summary>The host in HTTP/2 (RFC 9113, 8.3.1).</summary>
    private const string Authority = ":authority";

    private const string ForwardedHost = "X-Forwarded-Host";

    /// <summary>RFC 9110, 5.6.2. A name with anything else in it is one field to us and may be another to an app, or to a server on the way.</summary>
    private static readonly SearchValues<char> s_token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <param name="kestrel">The server.</param>
    /// <param name="forwardedHost">Whether X-Forwarded-Host may become the host.</param>
    public static void Check(KestrelServerOptions kestrel, bool forwardedHost = false) =>
        kestrel.RequestHeaderEncodingSelector = forwardedHost
            ? static name => name.Equals(ForwardedHost, StringComparison.OrdinalIgnoreCase) ? HostEncoding.Instance : EncodingOf(name)
            : EncodingOf;

    private static Encoding EncodingOf(string name)
    {
        if (name.AsSpan().ContainsAnyExcept(s_token))
        {
            // Of the pseudo header fields of HTTP/2 Kestrel refuses those that do not exist; in HTTP/1.1 no name begins so.
            if (!name.StartsWith(':'))
                throw new RefusedFieldException("A header's name is no token.");
            return name == Authority ? HostEncoding.Instance : FieldEncoding.Instance;
        }

        if (ReferenceEquals(name, HeaderNames.ContentLength))
            return ContentLengthEncoding.Instance;
        return name == HeaderNames.Host ? HostEncoding.Instance : FieldEncoding.Instance;
    }
}
