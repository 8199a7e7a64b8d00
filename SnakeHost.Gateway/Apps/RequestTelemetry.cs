using System.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
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
    /// <param name="routes">Which of the tenant's routes metrics tell.</param>
    public static Task AnswerAsync(IPythonApplication app, HttpContext context, string tenant, int generation, MeasuredRoutes routes) =>
        IsWanted ? MeasureAsync(app, context, tenant, generation, routes) : app.HandleAsync(context, null);

    public static object Boxed(int statusCode) => s_statusCodes[statusCode % s_statusCodes.Length];

    private static async Task MeasureAsync(IPythonApplication app, HttpContext context, string tenant, int generation, MeasuredRoutes routes)
    {
        var span = RequestSpan.Of(context);
        var measure = new RequestMeasure(span is { Recorded: true } ? span.Id : null);
        string? error = null;
        var isUnsent = false;
        var started = Stopwatch.GetTimestamp();
        try
        {
            await app.HandleAsync(context, measure);
            if (context.Response.StatusCode >= StatusCodes.Status500InternalServerError)
                error = RequestSpan.Fail(span, context.Response.StatusCode, measure.Raised);
        }
        catch (Exception e) when (e is IRepeatable { IsUnsent: true } && !context.Response.HasStarted)
        {
            isUnsent = true;
            throw;
        }
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested)
        {
            error = RequestSpan.Fail(span, e);
            throw;
        }
        finally
        {
            if (!isUnsent)
            {
                if (app.IsElsewhere)
                    measure.Answer();
                Record(app, measure, context, tenant, routes, error, started);
                if (span is not null)
                    RequestSpan.Describe(span, measure, context, tenant, generation, app);
            }
        }
    }

    private static void Record(IPythonApplication app, RequestMeasure measure, HttpContext context, string tenant, MeasuredRoutes routes, string? error, long started)
    {
        var tenantTag = new KeyValuePair<string, object?>(SnakeHostTelemetry.Attributes.Tenant, tenant);
        var tags = new TagList { tenantTag };
        // What is answered in place of a failed app is not decided yet.
        if (error is null || context.Response.StatusCode >= StatusCodes.Status500InternalServerError)
            tags.Add(SnakeHostTelemetry.Attributes.StatusCode, Boxed(context.Response.StatusCode));
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

        SnakeHostTelemetry.RequestDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, tags);
        if (!measure.IsCalled)
            return;
        if (app.Interface == InterfaceKind.Asgi)
            SnakeHostTelemetry.LoopLag.Record(measure.Queued.TotalSeconds, tenantTag);
        else
            SnakeHostTelemetry.GilWait.Record(measure.GilWait.TotalSeconds, tenantTag);
    }
}
