using System.Globalization;
using System.Text.Json;
using SnakeHost.Gateway.Http;
using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Gateway.Admin;

/// <summary>What apps print, as server-sent events. Whoever comes back names the last line it has seen, and misses none that is kept.</summary>
internal static class AdminLog
{
    public static Task StreamAsync(HttpContext context, OutputHistory output, string? tenant, CancellationToken aborted) => EventStream.SendAsync(
        context,
        output.FollowAsync(tenant, LastSeen(context.Request, output.Instance), aborted)
            .Select(line => EventStream.Event("line", JsonSerializer.Serialize(line, AdminJsonContext.Default.OutputLine), $"{output.Instance}-{line.Number}")),
        aborted);

    /// <summary>Numbers of another process say nothing here.</summary>
    private static long LastSeen(HttpRequest request, string instance) =>
        request.Headers["Last-Event-ID"].ToString().Split('-') is [var process, var number]
            && process == instance
            && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var seen)
            ? seen
            : 0;
}
