using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Net.Http.Headers;
using SnakeHost.Gateway.Http;

namespace SnakeHost.Gateway.Listening;

/// <summary>
/// How header fields are read, of HTTP/1.1 and HTTP/2. Kestrel asks for the encoding of each field's value by the field's name, before it makes
/// anything of the value: so this is the place to look at both.
/// </summary>
internal static class RequestFields
{
    /// <summary>The host in HTTP/2 (RFC 9113, 8.3.1).</summary>
    private const string Authority = ":authority";

    private const string ForwardedHost = "X-Forwarded-Host";

    /// <param name="forwardedHost">Whether X-Forwarded-Host may become the host.</param>
    public static void Check(KestrelServerOptions kestrel, bool forwardedHost = false) =>
        kestrel.RequestHeaderEncodingSelector = forwardedHost
            ? static name => name.Equals(ForwardedHost, StringComparison.OrdinalIgnoreCase) ? HostEncoding.Instance : EncodingOf(name)
            : EncodingOf;

    private static Encoding EncodingOf(string name)
    {
        MalformedFields.CheckName(name);
        if (ReferenceEquals(name, HeaderNames.ContentLength))
            return ContentLengthEncoding.Instance;
        return name is "Host" or Authority ? HostEncoding.Instance : FieldEncoding.Instance;
    }
}
