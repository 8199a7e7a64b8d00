using System.Diagnostics;

namespace SnakeHost.Gateway.Telemetry;

/// <summary>The trace id by which logs, error pages and traces name a request (W3C Trace Context, 3.2.2.3).</summary>
internal static class RequestTrace
{
    private static readonly object s_made = new();

    /// <summary>The running trace's; where none is kept, the client's own; else one made up for this request.</summary>
    public static string Id(HttpContext context)
    {
        if (Activity.Current is { } activity)
            return activity.TraceId.ToHexString();
        if (ActivityContext.TryParse(context.Request.Headers.TraceParent, null, out var client))
            return client.TraceId.ToHexString();
        if (context.Items[s_made] is not string made)
            context.Items[s_made] = made = ActivityTraceId.CreateRandom().ToHexString();
        return made;
    }
}
