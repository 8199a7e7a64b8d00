using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http.Features;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Http;

namespace SnakeHost.Gateway.Workers;

/// <summary>The way of a request in a worker: what HTTP does not carry is put in place, the app answers, and what goes wrong is told to the gateway.</summary>
internal sealed class WorkerHandler(Func<IPythonApplication> app, WorkerMessage.Order order, ControlChannel control, Action count)
{
    /// <summary>A request is on its way for no longer.</summary>
    private static readonly TimeSpan s_late = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<long, ClientConnection> _clients = new();

    /// <summary>Middleware, before anything looks at the request.</summary>
    public async Task RestoreAsync(HttpContext context, RequestDelegate next)
    {
        var (id, measure) = ForwardedRequest.Restore(context);
        if (measure is not null)
        {
            context.Features.Set(measure);
            context.Response.OnStarting(static state => WriteMeasure((HttpContext)state), context);
        }

        // Its leaving may have been told before it came.
        context.Features.Set(_clients.GetOrAdd(id, static _ => ClientConnection.OfForwarded()));
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
        var isHere = _clients.TryGetValue(id, out var client);
        client ??= _clients.GetOrAdd(id, static _ => ClientConnection.OfForwarded());
        client.EndSending();
        if (!isHere)
            _ = ForgetAsync(id, client);
    }

    /// <summary>A request that has ended, or never comes.</summary>
    private async Task ForgetAsync(long id, ClientConnection client)
    {
        await Task.Delay(s_late);
        _clients.TryRemove(new(id, client));
    }

    public async Task HandleAsync(HttpContext context)
    {
        count();
        try
        {
            await app().HandleAsync(context, context.Features.Get<RequestMeasure>());
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The gateway knows why.
        }
        catch (AppFailedException e) when (e.IsTold)
        {
            control.Post(new WorkerMessage.Broken(context.Request.Method, DisplayText.CleanLine(context.Request.Path.Value), Reason(e)));
        }
        catch (Exception e) when (context.Response.HasStarted)
        {
            control.Post(new WorkerMessage.Broken(context.Request.Method, DisplayText.CleanLine(context.Request.Path.Value), Reason(e)));
            // The gateway has all of a whole answer, and may use the connection already.
            if (e is not AppFailedException { IsWhole: true })
                throw new ResponseBrokenException();
        }
        catch (AppFailedException e)
        {
            await new WorkerFailure(e.StatusCode, e.Message, e.Error).WriteAsync(context.Response, order.Secret);
        }
    }

    private static Task WriteMeasure(HttpContext context)
    {
        context.Response.Headers[ForwardedRequest.MeasureHeader] = WorkerMeasure.Write(context.Features.GetRequiredFeature<RequestMeasure>());
        return Task.CompletedTask;
    }

    private static string Reason(Exception exception) => (exception as AppFailedException)?.Error?.Traceback.TrimEnd() ?? exception.Message;
}
