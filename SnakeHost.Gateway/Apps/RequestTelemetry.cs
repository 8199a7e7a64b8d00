using System.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Gateway.Apps;

/// <summary>The span and the measurements of a request's way through an app. Where nobody listens it is one look and no allocation.</summary>
internal static class RequestTelemetry
{
    private static bool IsWanted =>
        SnakeHostTelemetry.Source.HasListeners() || SnakeHostTelemetry.RequestDuration.Enabled
        || SnakeHostTelemetry.GilWait.Enabled || SnakeHostTelemetry.LoopLag.Enabled;

    /// <summary>Has an app answer a request.</summary>
    /// <param name="generation">The number of its version.</param>
    /// <param name="routes">Which of the tenant's routes metrics tell.</param>
    /// <param name="trace">Null where no traces are exported.</param>
    public static Task AnswerAsync(IPythonApplication app, HttpContext context, string tenant, int generation, MeasuredRoutes routes, RequestTrace? trace) =>
        IsWanted ? MeasureAsync(app, context, tenant, generation, routes, trace) : app.HandleAsync(context, null);

    private static async Task MeasureAsync(IPythonApplication app, HttpContext context, string tenant, int generation, MeasuredRoutes routes, RequestTrace? trace)
    {
        var measure = new RequestMeasure(trace?.TraceParent);
        string? error = null;
        var isUnsent = false;
        var started = Stopwatch.GetTimestamp();
        try
        {
            await app.HandleAsync(context, measure);
            if (context.Response.StatusCode >= StatusCodes.Status500InternalServerError)
                error = RequestSpan.Fail(trace?.Keep(RequestTrace.Reasons.Failed), context.Response.StatusCode, measure.Raised);
        }
        catch (Exception e) when (e is IRepeatable { IsUnsent: true } && !context.Response.HasStarted)
        {
            isUnsent = true;
            throw;
        }
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested)
        {
            error = RequestSpan.Fail(e is AppFailedException { StatusCode: < StatusCodes.Status500InternalServerError } ? trace?.Span : trace?.Keep(RequestTrace.Reasons.Failed), e);
            throw;
        }
        finally
        {
            if (!isUnsent)
            {
                if (app.IsElsewhere)
                    measure.Answer();
                var elapsed = Stopwatch.GetElapsedTime(started);
                Record(app, measure, context, tenant, routes, error, elapsed);
                // A stream is as long as it is meant to be.
                if (trace?.IsSlow(measure.Stream is null ? elapsed : measure.UntilBegun) == true || measure.Slow is not null)
                    trace?.Keep(RequestTrace.Reasons.Slow);
                if (trace?.Span is { } span)
                    RequestSpan.Describe(span, measure, context, tenant, generation, app);
            }
        }
    }

    private static void Record(IPythonApplication app, RequestMeasure measure, HttpContext context, string tenant, MeasuredRoutes routes, string? error, TimeSpan elapsed)
    {
        var tenantTag = new KeyValuePair<string, object?>(SnakeHostTelemetry.Attributes.Tenant, tenant);
        var tags = new TagList { tenantTag };
        // What is answered in place of a failed app is not decided yet.
        if (error is null || context.Response.StatusCode >= StatusCodes.Status500InternalServerError)
            tags.Add(SnakeHostTelemetry.Attributes.StatusCode, HttpSpan.Boxed(context.Response.StatusCode));
        if (error is not null)
            tags.Add(SnakeHostTelemetry.Attributes.ErrorType, error);
        var server = context.Features.Get<IHttpMetricsTagsFeature>()?.Tags;
        server?.Add(tenantTag);
        if (measure.Route is { } route && routes.Tells(route))
        {
            var routeTag = new KeyValuePair<string, object?>(SnakeHostTelemetry.Attributes.Route, route);
            tags.Add(routeTag);
            server?.Add(routeTag);
        }

        if (measure.Stream is { } stream)
        {
            var streamTag = new KeyValuePair<string, object?>(SnakeHostTelemetry.Attributes.Stream, stream);
            tags.Add(streamTag);
            server?.Add(streamTag);
        }

        SnakeHostTelemetry.RequestDuration.Record(elapsed.TotalSeconds, tags);
        if (!measure.IsCalled)
            return;
        if (app.Interface == InterfaceKind.Asgi)
            SnakeHostTelemetry.LoopLag.Record(measure.Queued.TotalSeconds, tenantTag);
        else
            SnakeHostTelemetry.GilWait.Record(measure.GilWait.TotalSeconds, tenantTag);
    }
}
