using System.Diagnostics;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Gateway.Apps;

/// <summary>Fills the span of a request.</summary>
internal static class RequestSpan
{
    /// <remarks>The tenant first: the exporter looks for it in every span. Added rather than set, which would look for each among those before it.</remarks>
    public static void Describe(
        Activity span, RequestMeasure measure, HttpContext context, string tenant, int generation, IPythonApplication app, bool failed)
    {
        span.AddTag(SnakeHostTelemetry.Attributes.Tenant, tenant);
        span.AddTag(SnakeHostTelemetry.Attributes.Generation, generation);
        // What is elsewhere has a span of its own for it.
        if (!app.IsElsewhere)
            AddTimes(span, measure, app);
        if (measure.Slow is { } slow)
        {
            span.AddTag(SnakeHostTelemetry.Attributes.Slow, true);
            span.AddEvent(new ActivityEvent("slow request", slow.Time, new ActivityTagsCollection { [SnakeHostTelemetry.Attributes.CodeStackTrace] = slow.Stack }));
        }

        if (measure.Received is { } received)
        {
            span.AddTag(SnakeHostTelemetry.Attributes.SocketReceived, received);
            span.AddTag(SnakeHostTelemetry.Attributes.SocketSent, measure.Sent);
        }
        else
        {
            if (context.Request.ContentLength is { } length)
                span.AddTag(SnakeHostTelemetry.Attributes.RequestSize, length);
            if (!app.IsElsewhere)
                span.AddTag(SnakeHostTelemetry.Attributes.ResponseSize, measure.Sent);
        }

        // What is answered in place of a failed app is not decided yet.
        if (!failed)
            span.AddTag(SnakeHostTelemetry.Attributes.StatusCode, RequestTelemetry.Boxed(context.Response.StatusCode));
    }

    private static void AddTimes(Activity span, RequestMeasure measure, IPythonApplication app)
    {
        span.AddTag(SnakeHostTelemetry.Attributes.QueueMs, measure.Queued.TotalMilliseconds);
        if (app.Interface == InterfaceKind.Wsgi)
            span.AddTag(SnakeHostTelemetry.Attributes.GilWaitMs, measure.GilWait.TotalMilliseconds);
        span.AddTag(SnakeHostTelemetry.Attributes.PythonMs, measure.InPython.TotalMilliseconds);
    }

    /// <summary>
    /// Status Error, and an <c>exception</c> event with Python's traceback if there is one. Not for what the client has done wrong.
    /// </summary>
    /// <returns>The kind of error.</returns>
    public static string? Fail(Activity? span, Exception exception)
    {
        var app = exception as AppFailedException;
        if (app is { StatusCode: < StatusCodes.Status500InternalServerError })
            return null;
        var type = app switch
        {
            { Error: { } error } => error.Type,
            not null => "InvalidResponse",
            null => exception.GetType().FullName!,
        };
        if (span is { IsAllDataRequested: true })
            SpanErrors.Set(span, type, app?.Error?.Message ?? exception.Message, app is null ? exception.ToString() : app.Error?.Traceback);
        return type;
    }
}
