using Microsoft.AspNetCore.Http.Features;

namespace SnakeHost.Gateway.Pipeline;

/// <summary>The most bytes that a request's body may have.</summary>
internal static class BodyLimit
{
    /// <summary>False when the body is known to be larger. One whose length is not known is cut off where it grows past the limit: the app's read fails.</summary>
    public static bool TryApply(HttpContext context, long limit)
    {
        if (context.Request.ContentLength > limit)
            return false;

        // A WebSocket has no body, but to HTTP/2 it is one without an end.
        if (context.Features.Get<IHttpWebSocketFeature>() is null && context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
            feature.MaxRequestBodySize = limit;
        return true;
    }
}
