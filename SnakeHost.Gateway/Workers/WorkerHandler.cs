using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Http;
using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Gateway.Workers;

/// <summary>The way of a request in a worker: what HTTP does not carry is put in place, the app answers, and what goes wrong is told to the gateway.</summary>
internal sealed class WorkerHandler(Func<IPythonApplication> app, WorkerMessage.Order order, ControlChannel control, Action count)
{
    private readonly ConcurrentDictionary<long, ClientConnection> _clients = new();

    /// <summary>Middleware, before anything looks at the request.</summary>
    public async Task RestoreAsync(HttpContext context, RequestDelegate next)
    {
        var id = ForwardedRequest.Restore(context);
        var client = ClientConnection.OfForwarded();
        context.Features.Set(client);
        _clients[id] = client;
        try
        {
            await next(context);
        }
        finally
        {
            _clients.TryRemove(id, out _);
        }
    }

    /// <summary>The client of a request has ended its sending.</summary>
    public void Leave(long id)
    {
        if (_clients.TryGetValue(id, out var client))
            client.EndSending();
    }

    public async Task HandleAsync(HttpContext context)
    {
        count();
        try
        {
            await RequestTelemetry.AnswerAsync(app(), context, order.Tenant, order.Generation, Parent(context));
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The gateway knows why.
        }
        catch (AppFailedException e) when (e.IsTold)
        {
            control.Post(new WorkerMessage.Broken(context.Request.Method, context.Request.Path.Value ?? "", Reason(e)));
        }
        catch (Exception e) when (context.Response.HasStarted)
        {
            control.Post(new WorkerMessage.Broken(context.Request.Method, context.Request.Path.Value ?? "", Reason(e)));
            // Of a declared length the server knows itself whether it is whole. If it is, the gateway may use the connection already.
            if (context.Response.ContentLength is null)
                throw new ResponseBrokenException();
        }
        catch (AppFailedException e)
        {
            await TellAsync(context, new WorkerFailure(e.StatusCode, e.Message, e.Error));
        }
    }

    /// <summary>The gateway's span.</summary>
    private static ActivityContext Parent(HttpContext context) =>
        SnakeHostTelemetry.Source.HasListeners() && ActivityContext.TryParse(context.Request.Headers.TraceParent, context.Request.Headers.TraceState, isRemote: true, out var parent) ? parent : default;

    private static string Reason(Exception exception) => (exception as AppFailedException)?.Error?.Traceback.TrimEnd() ?? exception.Message;

    private Task TellAsync(HttpContext context, WorkerFailure failure)
    {
        var response = context.Response;
        response.Clear();
        response.StatusCode = StatusCodes.Status500InternalServerError;
        response.Headers[ForwardedRequest.FailureHeader] = order.Secret;
        var body = JsonSerializer.SerializeToUtf8Bytes(failure, WorkerJsonContext.Default.WorkerFailure);
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body).AsTask();
    }
}
