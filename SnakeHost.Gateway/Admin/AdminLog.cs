using System.Globalization;
using System.Text.Json;
using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Gateway.Admin;

/// <summary>What apps print, as server-sent events (WHATWG HTML, 9.2). Whoever comes back names the last line it has seen, and misses none that is kept.</summary>
internal static class AdminLog
{
    public static async Task StreamAsync(HttpContext context, OutputHistory output, string? tenant, CancellationToken aborted)
    {
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsync(": connected\n\n", aborted);
        try
        {
            await foreach (var line in output.FollowAsync(tenant, LastSeen(context.Request, output.Instance), aborted))
            {
                var data = JsonSerializer.Serialize(line, AdminJsonContext.Default.OutputLine);
                await context.Response.WriteAsync($"event: line\nid: {output.Instance}-{line.Number}\ndata: {data}\n\n", aborted);
            }
        }
        catch (OperationCanceledException)
        {
            // The client has left.
        }
    }

    /// <summary>Numbers of another process say nothing here.</summary>
    private static long LastSeen(HttpRequest request, string instance) =>
        request.Headers["Last-Event-ID"].ToString().Split('-') is [var process, var number]
            && process == instance
            && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var seen)
            ? seen
            : 0;
}
