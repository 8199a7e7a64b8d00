using System.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Pipeline;

/// <summary>Logs each request when it has ended. The fields are properties of the log record too, whatever the format of its text.</summary>
internal sealed class AccessLog(RequestDelegate next, AccessLogFormat format, ILoggerFactory loggers)
{
    /// <summary>By which configurations name it.</summary>
    private const string Category = "SnakeHost.Gateway.Http.AccessLog";

    private static readonly EventId s_event = new(220, "Request");

    private readonly ILogger _logger = loggers.CreateLogger(Category);

    public async Task HandleAsync(HttpContext context)
    {
        if (!_logger.IsEnabled(LogLevel.Information))
        {
            await next(context);
            return;
        }

        var start = Stopwatch.GetTimestamp();
        // Taken before the app's mount point is split off the path.
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var body = new CountingBody(context.Features.GetRequiredFeature<IHttpResponseBodyFeature>());
        context.Features.Set<IHttpResponseBodyFeature>(body);
        try
        {
            await next(context);
        }
        finally
        {
            context.Features.Set(body.Inner);
            var entry = new AccessEntry(context, target, body.Count, Stopwatch.GetElapsedTime(start), format);
            _logger.Log(LogLevel.Information, s_event, entry, null, static (entry, _) => entry.Body);
        }
    }
}
