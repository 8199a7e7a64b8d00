using System.Diagnostics;

namespace SnakeHost.Gateway.Telemetry;

/// <summary>A failed span as the semantic conventions have it ("Exceptions on spans", "Recording errors").</summary>
internal static class SpanErrors
{
    public const string EventName = "exception";

    public static void Set(Activity span, string type, string message, string? stackTrace)
    {
        span.SetStatus(ActivityStatusCode.Error, message);
        span.SetTag(SnakeHostTelemetry.Attributes.ErrorType, type);
        var tags = new ActivityTagsCollection
        {
            [SnakeHostTelemetry.Attributes.ExceptionType] = type,
            [SnakeHostTelemetry.Attributes.ExceptionMessage] = message,
        };
        if (stackTrace is not null)
            tags[SnakeHostTelemetry.Attributes.ExceptionStackTrace] = stackTrace;
        span.AddEvent(new ActivityEvent(EventName, tags: tags));
    }
}
