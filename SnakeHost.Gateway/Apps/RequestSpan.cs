using System.Diagnostics;
using System.Globalization;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Gateway.Apps;

/// <summary>
/// Fills the span of a request: it is the tenant's, whose route gives it its name.
/// </summary>
internal static class RequestSpan
{
    /// <summary>Whose request it is, where the gateway answers in the app's place.</summary>
    public static void Assign(HttpContext context, string? tenant)
    {
        if (tenant is not null && RequestTrace.Of(context)?.Span is { } span && span.GetTagItem(SnakeHostTelemetry.Attributes.Tenant) is null)
            span.AddTag(SnakeHostTelemetry.Attributes.Tenant, tenant);
    }

    /// <summary>A file of a static folder, for which no app was asked.</summary>
    /// <param name="folder">The path of the folder, as <c>/static</c>.</param>
    public static void DescribeFile(Activity span, HttpContext context, string? tenant, string folder)
    {
        if (tenant is not null)
            span.AddTag(SnakeHostTelemetry.Attributes.Tenant, tenant);
        span.AddTag(SnakeHostTelemetry.Attributes.Static, true);
        Name(span, $"{context.Request.PathBase.Value}{folder}/{{file}}");
    }

    /// <remarks>Added rather than set, which would look for each among those before it.</remarks>
    public static void Describe(Activity span, RequestMeasure measure, HttpContext context, string tenant, int generation, IPythonApplication app)
    {
        span.AddTag(SnakeHostTelemetry.Attributes.Tenant, tenant);
        span.AddTag(SnakeHostTelemetry.Attributes.Generation, generation);
        span.AddTag(SnakeHostTelemetry.Attributes.QueueMs, measure.Queued.TotalMilliseconds);
        if (app.Interface == InterfaceKind.Wsgi)
            span.AddTag(SnakeHostTelemetry.Attributes.GilWaitMs, measure.GilWait.TotalMilliseconds);
        span.AddTag(SnakeHostTelemetry.Attributes.PythonMs, measure.InPython.TotalMilliseconds);
        if (measure.Stream is { } stream)
            DescribeStream(span, measure, stream);
        if (measure.Slow is { } slow)
        {
            span.AddTag(SnakeHostTelemetry.Attributes.Slow, true);
            span.AddEvent(new ActivityEvent(SnakeHostTelemetry.Events.SlowRequest, slow.Time, new ActivityTagsCollection { [SnakeHostTelemetry.Attributes.CodeStackTrace] = slow.Stack }));
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
            else if (context.Response.ContentLength is { } sent)
                span.AddTag(SnakeHostTelemetry.Attributes.ResponseSize, sent);
        }

        if (measure.Said is { } json && SaidOfSpan.Parse(json) is { } said)
            Tell(span, said);
        if (measure.Route is { } route)
            Name(span, route);
    }

    /// <summary>What the app has said of it.</summary>
    private static void Tell(Activity span, SaidOfSpan said)
    {
        foreach (var (key, value) in said.OwnAttributes)
            span.SetTag(key, SaidOfSpan.Value(value));
        var isFailed = span.Status == ActivityStatusCode.Error;
        // What an instrumentation has seen on its way out is the exception that is there already.
        foreach (var one in said.Events.Where(one => !isFailed || one.Name != SpanErrors.EventName))
        {
            var tags = new ActivityTagsCollection(one.Attributes.Select(static pair => new KeyValuePair<string, object?>(pair.Key, SaidOfSpan.Value(pair.Value))));
            span.AddEvent(new ActivityEvent(one.Name, DateTimeOffset.UnixEpoch.AddTicks(one.Time / 100), tags));
        }

        if (said.IsError && !isFailed)
            span.SetStatus(ActivityStatusCode.Error, said.Description);
    }

    /// <summary>How long a stream lasts says nothing of how quick the app is; when it began does.</summary>
    private static void DescribeStream(Activity span, RequestMeasure measure, string stream)
    {
        span.AddTag(SnakeHostTelemetry.Attributes.Stream, stream);
        span.AddTag(SnakeHostTelemetry.Attributes.FirstByteMs, measure.UntilBegun.TotalMilliseconds);
        var name = stream == RequestMeasure.Streams.WebSocket ? SnakeHostTelemetry.Events.Accepted : SnakeHostTelemetry.Events.FirstByte;
        span.AddEvent(new ActivityEvent(name, DateTimeOffset.UtcNow - measure.SinceBegun));
    }

    /// <summary>"Name" of the semantic conventions for HTTP: the method is in it already.</summary>
    private static void Name(Activity span, string route)
    {
        span.AddTag(SnakeHostTelemetry.Attributes.Route, route);
        span.DisplayName = $"{span.DisplayName} {route}";
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
        if (span is not null)
            SpanErrors.Set(span, type, app?.Error?.Message ?? exception.Message, app is null ? exception.ToString() : app.Error?.Traceback);
        return type;
    }

    /// <summary>The app has answered that it failed.</summary>
    /// <returns>The kind of error.</returns>
    public static string Fail(Activity? span, int status, RaisedError? raised)
    {
        var type = raised?.Type ?? status.ToString(CultureInfo.InvariantCulture);
        if (span is null)
            return type;
        if (raised is not null)
            SpanErrors.Set(span, type, raised.Message, raised.Traceback);
        else
            span.SetTag(SnakeHostTelemetry.Attributes.ErrorType, type);
        return type;
    }
}
