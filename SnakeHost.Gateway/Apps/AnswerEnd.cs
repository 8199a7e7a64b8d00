namespace SnakeHost.Gateway.Apps;

/// <summary>The end of every answer that an app gives.</summary>
internal static class AnswerEnd
{
    /// <summary>Sends the last part of an answer whose length has been declared and whose beginning is on its way.</summary>
    /// <remarks>
    /// Kestrel flushes at the end of a request what it has to add itself: the head of an answer that has not started, the last chunk, the last frame of HTTP/2. An answer
    /// in HTTP/1 with a Content-Length needs nothing added, and what has been written of it would stay until the next request or the connection's end.
    /// </remarks>
    public static ValueTask FlushAsync(HttpContext context)
    {
        var response = context.Response;
        return response.HasStarted && response.ContentLength is not null && !HttpProtocol.IsHttp2(context.Request.Protocol) ? SendAsync(context) : default;
    }

    private static async ValueTask SendAsync(HttpContext context)
    {
        try
        {
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            // Nobody is left to send it to.
        }
    }
}
