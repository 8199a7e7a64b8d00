using Microsoft.AspNetCore.Http.Features;

namespace SnakeHost.Gateway.Http;

/// <summary>
/// Requests that Kestrel takes and that another server on the way may read differently, or that no app can answer. They are refused before
/// anything is chosen by them, and their connection is closed: what follows on it may be a part of them.
/// </summary>
internal static class RequestFraming
{
    /// <summary>Kestrel's name for a Content-Length that it found beside a Transfer-Encoding.</summary>
    private const string DisplacedLength = "X-Content-Length";

    /// <summary>The status to answer with, or 0 for a request like any other.</summary>
    public static int Check(HttpContext context)
    {
        var request = context.Request;
        if (MalformedFields.AreIn(request))
            return StatusCodes.Status400BadRequest;
        if (request.Headers.TransferEncoding.Count > 0 && CheckCoding(request) is > 0 and var coding)
            return coding;
        if (HttpMethods.IsConnect(request.Method))
            return IsSocket(context) ? 0 : StatusCodes.Status501NotImplemented;

        // OPTIONS * asks the server as a whole, which has nothing to say (RFC 9110, 9.3.7).
        if (!request.Path.HasValue && HttpMethods.IsOptions(request.Method))
            return StatusCodes.Status204NoContent;
        return RequestTarget.TryAccept(context.Features.GetRequiredFeature<IHttpRequestFeature>()) ? 0 : StatusCodes.Status400BadRequest;
    }

    public static Task AnswerAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        if (status >= StatusCodes.Status400BadRequest)
        {
            if (context.Request.Protocol != HttpProtocol.Http2)
                context.Response.Headers.Connection = "close";
            context.Response.ContentLength = 0;
        }

        return Task.CompletedTask;
    }

    /// <summary>The request's own fault, which reading its body has shown; null for another failure.</summary>
    /// <remarks>Kestrel reports a chunk whose size fits no number as if the connection had failed.</remarks>
    public static BadHttpRequestException? AsBadRequest(Exception exception) =>
        exception as BadHttpRequestException
        ?? (exception is RefusedFieldException or IOException { InnerException: OverflowException } ? new BadHttpRequestException(exception.Message) : null);

    /// <summary>Whether a body cannot be read because of the request, or of a connection that has ended.</summary>
    public static bool IsBrokenBody(Exception exception) => exception is IOException or OperationCanceledException or RefusedFieldException;

    /// <summary>RFC 9220, 3: an extended CONNECT for a protocol that is not known here is answered 501.</summary>
    private static bool IsSocket(HttpContext context) =>
        context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true, Protocol: { } protocol } && protocol.Equals("websocket", StringComparison.OrdinalIgnoreCase);

    private static int CheckCoding(HttpRequest request)
    {
        // RFC 9112, 6.1: a Transfer-Encoding in HTTP/1.0, or beside a Content-Length, is to be regarded as faulty framing.
        if (request.Protocol != HttpProtocol.Http11 || request.Headers.ContainsKey(DisplacedLength))
            return StatusCodes.Status400BadRequest;
        var codings = request.Headers.TransferEncoding.ToString().Split(',', StringSplitOptions.TrimEntries);
        if (codings.Any(coding => coding.Length > 0 && !coding.Equals("chunked", StringComparison.OrdinalIgnoreCase)))
            return StatusCodes.Status501NotImplemented;
        // An empty line of the field is not in its text.
        return codings.Length == 1 && request.Headers.TransferEncoding.Count == 1 ? 0 : StatusCodes.Status400BadRequest;
    }
}
