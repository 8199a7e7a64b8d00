using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace SnakeHost.Gateway.Asgi;

/// <summary>
/// A request that asks for a WebSocket but not as RFC 6455, 4.2.1 wants it. The app is not asked: it would get a plain request, and its answer would leave
/// the client guessing. WSGI apps get such requests as any other: an upgrade may be ignored (RFC 9110, 7.8).
/// </summary>
/// <param name="Status">400, or 426 for another version of the protocol.</param>
/// <param name="Reason">For who reads the answer.</param>
internal sealed record RefusedHandshake(int Status, string Reason)
{
    private const string Version = "13";

    /// <summary>Null for a good handshake, and for a request that asks for none.</summary>
    public static RefusedHandshake? Find(HttpContext context)
    {
        var request = context.Request;
        // Over HTTP/2 (RFC 8441): another protocol than WebSocket has been refused by now.
        var isConnect = HttpMethods.IsConnect(request.Method);
        if (!isConnect && (request.Headers.Upgrade.Count == 0 || !Has(request.Headers.Upgrade, "websocket") || !Has(request.Headers.Connection, HeaderNames.Upgrade)))
            return null;
        if (!isConnect && request.Protocol != HttpProtocol.Http11)
            return new(StatusCodes.Status400BadRequest, "A WebSocket needs HTTP/1.1: a proxy in front may speak HTTP/1.0.");
        if (!isConnect && !HttpMethods.IsGet(request.Method))
            return new(StatusCodes.Status400BadRequest, "The method of a WebSocket handshake is GET.");
        if (context.Features.Get<IHttpWebSocketFeature>() is { IsWebSocketRequest: true })
            return null;
        if (!Has(request.Headers.SecWebSocketVersion, Version))
            return new(isConnect ? StatusCodes.Status400BadRequest : StatusCodes.Status426UpgradeRequired, $"The version of WebSocket spoken here is {Version}.");
        return new(StatusCodes.Status400BadRequest, "A WebSocket handshake has one Sec-WebSocket-Key of 16 bytes in Base64.");
    }

    public Task AnswerAsync(HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = Status;
        response.Headers.SecWebSocketVersion = Version;
        response.ContentType = "text/plain; charset=utf-8";
        response.ContentLength = Reason.Length + 1;
        if (context.Request.Protocol != HttpProtocol.Http2)
        {
            // A 426 names the protocol (RFC 9110, 15.5.22). What follows on the connection may be frames.
            if (Status == StatusCodes.Status426UpgradeRequired)
                response.Headers.Upgrade = "websocket";
            response.Headers.Connection = Status == StatusCodes.Status426UpgradeRequired ? "Upgrade, close" : "close";
        }

        return response.WriteAsync(Reason + "\n", context.RequestAborted);
    }

    private static bool Has(StringValues field, string token)
    {
        foreach (var line in field)
        {
            foreach (var part in line.AsSpan().Split(','))
            {
                if (line.AsSpan(part).Trim().Equals(token, StringComparison.OrdinalIgnoreCase))
                    return true;
            }
        }

        return false;
    }
}
