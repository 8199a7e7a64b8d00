namespace SnakeHost.Gateway.Http;

/// <summary>Server-sent events (WHATWG HTML, 9.2).</summary>
internal static class EventStream
{
    /// <summary>Sends events, each as <see cref="Event"/> writes it, until there are no more or the client has left.</summary>
    public static async Task SendAsync(HttpContext context, IAsyncEnumerable<string> events, CancellationToken left)
    {
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        try
        {
            // A first line tells the client that from here on nothing is missed.
            await context.Response.WriteAsync(": connected\n\n", left);
            await foreach (var next in events.WithCancellation(left))
                await context.Response.WriteAsync(next, context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            // The client has left.
        }
    }

    public static string Event(string kind, string data, string? id = null) => $"event: {kind}\n{(id is null ? "" : $"id: {id}\n")}data: {data}\n\n";
}
