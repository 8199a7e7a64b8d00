using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http.Features;

namespace SnakeHost.Gateway.Http;

/// <summary>A line for each request in the combined format of Apache and nginx, with the time it took in milliseconds behind it.</summary>
internal sealed partial class AccessLog(RequestDelegate next, ILogger<AccessLog> logger)
{
    public async Task HandleAsync(HttpContext context)
    {
        var start = Stopwatch.GetTimestamp();
        // Taken before the app's mount point is split off the path.
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        try
        {
            await next(context);
        }
        finally
        {
            if (logger.IsEnabled(LogLevel.Information))
            {
                var line = Format(context, target, Stopwatch.GetElapsedTime(start));
                Log.Request(logger, line);
            }
        }
    }

    private static string Format(HttpContext context, string target, TimeSpan duration)
    {
        var (request, response) = (context.Request, context.Response);
        var remote = context.Connection.RemoteIpAddress?.ToString() ?? "-";
        var time = DateTimeOffset.Now.ToString("dd/MMM/yyyy:HH:mm:ss zzz", CultureInfo.InvariantCulture).Remove(24, 1);
        var bytes = response.ContentLength?.ToString(CultureInfo.InvariantCulture) ?? "-";
        var (referer, agent) = (Quotable(request.Headers.Referer.ToString()), Quotable(request.Headers.UserAgent.ToString()));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{remote} - - [{time}] \"{request.Method} {Quotable(target)} {request.Protocol}\" {response.StatusCode} {bytes} \"{referer}\" \"{agent}\" {duration.TotalMilliseconds:0.0}");
    }

    private static string Quotable(string text) =>
        text.Length == 0 ? "-" : text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);

    private static partial class Log
    {
        [LoggerMessage(EventId = 220, Level = LogLevel.Information, Message = "{Line}")]
        public static partial void Request(ILogger logger, string line);
    }
}
