using System.Diagnostics;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Gateway.Apps;

/// <summary>The span and the measurements of a request's way through an app. Where nobody listens it is one look and no allocation.</summary>
internal static class RequestTelemetry
{
    // A box per status code, not per request.
    private static readonly object[] s_statusCodes = [.. Enumerable.Range(0, 600).Select(code => (object)code)];

    private static bool IsWanted =>
        SnakeHostTelemetry.Source.HasListeners() || SnakeHostTelemetry.RequestDuration.Enabled
        || SnakeHostTelemetry.GilWait.Enabled || SnakeHostTelemetry.LoopLag.Enabled;

    /// <summary>Has an app answer a request.</summary>
    /// <param name="generation">The number of its version.</param>
    /// <param name="parent">The span that it belongs to; default for the current one.</param>
    public static Task AnswerAsync(IPythonApplication app, HttpContext context, string tenant, int generation, ActivityContext parent = default) =>
        IsWanted ? MeasureAsync(app, context, tenant, generation, parent) : app.HandleAsync(context, null);

    public static object Boxed(int statusCode) => s_statusCodes[statusCode % s_statusCodes.Length];

    private static async Task MeasureAsync(IPythonApplication app, HttpContext context, string tenant, int generation, ActivityContext parent)
    {
        var isLoop = app.Interface == InterfaceKind.Asgi;
        var started = Stopwatch.GetTimestamp();
        using var span = app.IsElsewhere
            ? SnakeHostTelemetry.Source.StartActivity(SnakeHostTelemetry.Spans.Forward, ActivityKind.Client, parent)
            : SnakeHostTelemetry.Source.StartActivity(isLoop ? SnakeHostTelemetry.Spans.PythonAsgi : SnakeHostTelemetry.Spans.PythonWsgi, ActivityKind.Internal, parent);
        var measure = new RequestMeasure(span);
        string? error = null;
        try
        {
            await app.HandleAsync(context, measure);
        }
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested)
        {
            error = RequestSpan.Fail(span, e);
            throw;
        }
        finally
        {
            Record(measure, isLoop, tenant, error is null ? context.Response.StatusCode : 0, error, started);
            if (span is { IsAllDataRequested: true })
                RequestSpan.Describe(span, measure, context, tenant, generation, app, failed: error is not null);
        }
    }

    private static void Record(RequestMeasure measure, bool isLoop, string tenant, int status, string? error, long started)
    {
        var tenantTag = new KeyValuePair<string, object?>(SnakeHostTelemetry.Attributes.Tenant, tenant);
        var outcome = error is not null
            ? new KeyValuePair<string, object?>(SnakeHostTelemetry.Attributes.ErrorType, error)
            : new KeyValuePair<string, object?>(SnakeHostTelemetry.Attributes.StatusCode, Boxed(status));
        SnakeHostTelemetry.RequestDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, tenantTag, outcome);
        if (!measure.IsCalled)
            return;
        if (isLoop)
            SnakeHostTelemetry.LoopLag.Record(measure.Queued.TotalSeconds, tenantTag);
        else
            SnakeHostTelemetry.GilWait.Record(measure.GilWait.TotalSeconds, tenantTag);
    }
}
