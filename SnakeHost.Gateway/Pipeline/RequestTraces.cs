using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Gateway.Pipeline;

/// <summary>Has each request traced, to the end of its answer.</summary>
internal sealed class RequestTraces(RequestDelegate next, TraceSampler sampler)
{
    /// <summary>Pages that reload themselves keep a request open for as long as they are; its span would be longer than all others.</summary>
    public Task HandleAsync(HttpContext context) => LiveReload.IsOwn(context) ? next(context) : TraceAsync(context);

    private Task TraceAsync(HttpContext context)
    {
        var trace = RequestTrace.Begin(context, sampler);
        var answered = AnswerAsync(context, trace);
        // An app's request, nearly all are: waiting for it once more would cost something.
        return trace.IsEndedByOther ? answered : EndAsync(context, trace, answered);
    }

    private Task AnswerAsync(HttpContext context, RequestTrace trace)
    {
        try
        {
            return next(context);
        }
        catch (Exception e)
        {
            trace.End(e);
            throw;
        }
    }

    private static async Task EndAsync(HttpContext context, RequestTrace trace, Task answered)
    {
        Exception? exception = null;
        try
        {
            await answered;
        }
        catch (Exception e)
        {
            // That a client leaves is no failure.
            exception = context.RequestAborted.IsCancellationRequested ? null : e;
            throw;
        }
        finally
        {
            trace.End(exception);
        }
    }
}
