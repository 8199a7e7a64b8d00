using Microsoft.AspNetCore.Http.Features;

namespace SnakeHost.Gateway.Asgi;

/// <summary>Fields behind the body (ASGI extension "HTTP Trailers"; RFC 9110, 6.5).</summary>
internal static class ResponseTrailers
{
    /// <summary>The client has asked for them (RFC 9110, 10.1.4), and the server can send them: Kestrel does on HTTP/2 and HTTP/3.</summary>
    public static bool AreWanted(HttpContext context)
    {
        var asked = context.Request.Headers.TE;
        return asked.Count > 0
            && context.Features.Get<IHttpResponseTrailersFeature>() is not null
            && asked.ToString().Split(',').Any(coding => coding.AsSpan().Trim().Equals("trailers", StringComparison.OrdinalIgnoreCase));
    }
}
