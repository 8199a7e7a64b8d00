using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.ErrorPages;
using SnakeHost.Gateway.Http;
using SnakeHost.Gateway.Packages;
using SnakeHost.Gateway.Routing;
using SnakeHost.Gateway.Telemetry;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Pipeline;

/// <summary>The way of a request: route, tenant, lease on its generation, app; and the answers that are not the app's.</summary>
internal sealed partial class GatewayHandler(
    RequestResolver resolver, TenantRegistry tenants, StaticFolders files, Compression compression, SnakeHostOptions options, ErrorResponseWriter errors, OutputHistory output,
    GilWatch python, ILogger<GatewayHandler> logger)
{
    private static readonly TimeSpan s_queueRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_news = TimeSpan.FromSeconds(1);

    private readonly bool _logsAccess = options.AccessLogs != AccessLogFormat.Off;
    private readonly string _healthPath = options.HealthPath;
    private readonly string _python = options.Python.Executable;

    public Task HandleAsync(HttpContext context)
    {
        Drain.EndConnection(context);
        if (RequestFraming.Check(context) is > 0 and var status)
            return RequestFraming.AnswerAsync(context, status);
        var resolution = resolver.Resolve(context, out var prefixLength);
        if (!resolution.IsFound)
            return NotFoundAsync(context, resolution);
        var options = resolution.Route.Options;
        if (prefixLength > 0 && !options.KeepPrefix)
            MovePrefix(context.Request, prefixLength);
        if (options.MaxRequestBodySize is >= 0 and var limit && !BodyLimit.TryApply(context, limit))
            return TooLargeAsync(context, About(ErrorKind.BodyTooLarge, resolution.Specification));
        return options.Compress ? CompressAsync(context, resolution) : RouteAsync(context, resolution);
    }

    private Task NotFoundAsync(HttpContext context, Resolution resolution)
    {
        if (resolution.IsPending)
            return errors.WriteAsync(context, new ErrorResponse(ErrorKind.VariablesMissing) { Detail = resolution.Reason, RetryAfter = s_queueRetry });
        if (_healthPath.Length == 0 || context.Request.Path != _healthPath)
            return errors.WriteAsync(context, new ErrorResponse(ErrorKind.NotFound) { Detail = resolution.Reason });
        RequestTrace.Of(context)?.Drop();
        context.Response.ContentType = "text/plain";
        var trouble = Drain.IsTold ? "Draining" : python.IsAnswering ? null : "Python does not answer";
        if (trouble is not null)
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return context.Response.WriteAsync(trouble ?? "Healthy");
    }

    // A method of its own: what a lambda captures is allocated where the captured variables begin.
    private Task CompressAsync(HttpContext context, Resolution resolution) =>
        compression.HandleAsync(context, async () =>
        {
            await RouteAsync(context, resolution);
            // What is left to compress is not for a thread that others wait for.
            await Task.Yield();
        });

    private Task RouteAsync(HttpContext context, Resolution resolution) =>
        resolution.Route!.Options.Static.Count > 0 ? FileOrAppAsync(context, resolution) : AppAsync(context, resolution);

    private async Task FileOrAppAsync(HttpContext context, Resolution resolution)
    {
        if (await files.TryServeAsync(context, resolution.Route!, resolution.Specification!) is { } folder)
        {
            if (RequestTrace.Of(context) is not { } trace)
                return;
            var tenant = resolution.Tenant ?? tenants.Find(resolution.Specification!);
            trace.Decide(tenant?.Traces);
            if (trace.Span is { } span)
                RequestSpan.DescribeFile(span, context, tenant?.Id, folder);
        }
        else
            await AppAsync(context, resolution);
    }

    // RequestAborted, once looked at, is an object more for each request.
    private Task AppAsync(HttpContext context, Resolution resolution) =>
        resolution.Tenant is { } tenant && TenantRegistry.TryAcquire(tenant, out var lease)
            ? AnswerAsync(context, lease, resolution)
            : AcquireAndAnswerAsync(context, resolution);

    /// <summary>Unread body bytes would be parsed as the next request: close the connection.</summary>
    private Task TooLargeAsync(HttpContext context, ErrorResponse answer)
    {
        if (context.Request.Protocol != HttpProtocol.Http2)
        {
            context.Response.OnStarting(() =>
            {
                context.Response.Headers.Connection = "close";
                return Task.CompletedTask;
            });
        }

        return errors.WriteAsync(context, answer);
    }

    /// <summary>What the route has matched belongs to the mount point: SCRIPT_NAME of WSGI, root_path of ASGI.</summary>
    private static void MovePrefix(HttpRequest request, int length)
    {
        var path = request.Path.Value!;
        request.PathBase = new PathString(path[..length]);
        request.Path = new PathString(path[length..]);
    }

    private async Task AcquireAndAnswerAsync(HttpContext context, Resolution resolution)
    {
        var (options, specification) = (resolution.Route!.Options, resolution.Specification!);
        if (!tenants.TryAcquire(specification, out var lease))
        {
            RequestTrace.Of(context)?.Want();
            try
            {
                lease = await tenants.AcquireAsync(specification, context.RequestAborted, options.QueueLimit);
            }
            catch (TenantException e)
            {
                RequestSpan.Assign(context, (e as TenantLoadException)?.TenantId ?? tenants.Find(specification)?.Id);
                await errors.WriteAsync(context, Describe(e, specification));
                return;
            }
            catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
            {
                return;
            }
        }

        resolution.Tenant = lease.Tenant;
        await AnswerAsync(context, lease, resolution);
    }

    private async Task AnswerAsync(HttpContext context, Lease lease, Resolution resolution)
    {
        var (options, isUnsent) = (resolution.Route!.Options, false);
        var trace = RequestTrace.Of(context);
        if (trace is not null)
        {
            trace.Decide(lease.Tenant.Traces);
            trace.IsEndedByOther = true;
        }

        var isLivePage = options.Autoreload is { Enabled: true, Browser: true };
        if (_logsAccess || isLivePage)
            (RequestNotes.Of(context).Tenant, RequestNotes.Of(context).IsLivePage) = (lease.Tenant, isLivePage);
        try
        {
            if (lease.Application.QueueLength >= options.QueueLimit)
            {
                lease.Tenant.CountRefused();
                trace?.Keep(RequestTrace.Reasons.Failed);
                RequestSpan.Assign(context, lease.Tenant.Id);
                await errors.WriteAsync(context, About(ErrorKind.QueueFull, lease.Tenant) with { RetryAfter = s_queueRetry });
            }
            else
            {
                await RequestTelemetry.AnswerAsync(lease.Application, context, lease.Tenant.Id, lease.Generation.Number, lease.Tenant.Routes, trace);
            }
        }
        catch (AppFailedException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge && !context.Response.HasStarted)
        {
            await TooLargeAsync(context, About(ErrorKind.BodyTooLarge, lease.Tenant));
        }
        catch (ProcessLostException e) when (e.IsUnsent && !context.Response.HasStarted)
        {
            isUnsent = true;
        }
        catch (ProcessLostException e) when (!context.Response.HasStarted)
        {
            await errors.WriteAsync(context, Describe(e, lease.Tenant.Specification) with { Tenant = lease.Tenant.Id });
        }
        catch (AppFailedException e) when (e.StatusCode < StatusCodes.Status500InternalServerError && !context.Response.HasStarted)
        {
            // The request itself is malformed, which only reading its body has shown.
            context.Response.Clear();
            context.Response.StatusCode = e.StatusCode;
        }
        catch (AppFailedException e) when (e.Error is null && context.RequestAborted.IsCancellationRequested)
        {
            // The client has left, and the app has ended on that without an answer, as it should.
        }
        catch (AppFailedException e)
        {
            // The log names it.
            trace?.Keep(RequestTrace.Reasons.Failed);
            var reason = e.Error?.Traceback.TrimEnd() ?? e.Message;
            Log.AppFailed(logger, lease.Tenant.Id, context.Request.Method, DisplayText.CleanLine(context.Request.Path.Value), reason);
            // Also print it: developers watch the app's output.
            foreach (var line in reason.Split('\n'))
                output.Add(lease.Tenant.Id, OutputLine.Error, line);
            if (e.IsTold)
                return;
            if (context.Response.HasStarted)
                throw new ResponseBrokenException();
            await errors.WriteAsync(context, About(ErrorKind.AppRaised, lease.Tenant) with { Error = e.Error is null ? null : PackageHint.AddTo(e.Error, lease.Tenant.Specification.WorkingDirectory, lease.Tenant.Venv, _python), Detail = e.Error is null ? e.Message : null });
        }
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested)
        {
            // Kestrel would log it too, but also every broken response, which has been logged as what it is (see appsettings.json).
            // The log names the span, which is made below where it is left out.
            trace?.Keep(RequestTrace.Reasons.Failed);
            Log.Unexpected(logger, lease.Tenant.Id, e);
            trace?.End(e);
            throw;
        }
        finally
        {
            lease.Dispose();
            if (!isUnsent)
                trace?.End(null);
        }

        if (!isUnsent)
            return;
        // Whoever follows the process finds out what this request has found.
        await lease.Generation.Empty.WaitAsync(s_news).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await AcquireAndAnswerAsync(context, resolution);
        }
        finally
        {
            trace?.End(null);
        }
    }

    private static ErrorResponse About(ErrorKind kind, Tenant tenant) => About(kind, tenant.Specification) with { Tenant = tenant.Id };

    private static ErrorResponse About(ErrorKind kind, TenantSpecification specification) => new(kind)
    {
        App = specification.App,
        Directory = specification.WorkingDirectory,
    };

    private static ErrorResponse Describe(TenantException exception, TenantSpecification specification)
    {
        var answer = About(exception.Kind, specification) with { RetryAfter = exception.RetryAfter };
        return exception switch
        {
            TenantLoadException { Error: { } error } load => answer with { Tenant = load.TenantId, Error = error },
            TenantLoadException load => answer with { Tenant = load.TenantId, Detail = load.InnerException!.Message },
            _ => answer with { Detail = exception.Message },
        };
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 210, Level = LogLevel.Error, Message = "{Tenant} failed to answer {Method} {Path}\n{Traceback}")]
        public static partial void AppFailed(ILogger logger, string tenant, string method, string path, string traceback);

        [LoggerMessage(EventId = 211, Level = LogLevel.Error, Message = "A request for {Tenant} failed in the gateway itself")]
        public static partial void Unexpected(ILogger logger, string tenant, Exception exception);
    }
}
