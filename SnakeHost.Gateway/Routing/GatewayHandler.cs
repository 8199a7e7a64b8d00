using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Http;
using SnakeHost.Gateway.Telemetry;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Routing;

/// <summary>The way of a request: route, tenant, lease on its generation, app; and the answers that are not the app's.</summary>
internal sealed partial class GatewayHandler(
    RequestResolver resolver, TenantRegistry tenants, StaticFolders files, SnakeHostOptions options, ErrorAnswerWriter errors, ILogger<GatewayHandler> logger)
{
    private static readonly TimeSpan s_queueRetry = TimeSpan.FromSeconds(1);

    private readonly int _queueLimit = options.Tenants.QueueLimit;

    public Task HandleAsync(HttpContext context)
    {
        var resolution = resolver.Resolve(context);
        if (!resolution.IsFound)
            return errors.WriteAsync(context, new ErrorAnswer(ErrorKind.NotFound) { Detail = resolution.Reason });
        if (resolution.PrefixLength > 0)
            MovePrefix(context.Request, resolution.PrefixLength);
        if (resolution.Route.Options.Autoreload is { Enabled: true, Browser: true })
            context.Items[LiveReload.PageItem] = resolution.Tenant;

        return resolution.Route.Options.Static.Count > 0
            ? FileOrAppAsync(context, resolution.Route, resolution.Tenant)
            : AppAsync(context, resolution.Tenant);
    }

    private async Task FileOrAppAsync(HttpContext context, Route route, TenantSpecification specification)
    {
        if (!await files.TryServeAsync(context, route, specification))
            await AppAsync(context, specification);
    }

    private Task AppAsync(HttpContext context, TenantSpecification specification)
    {
        var acquisition = tenants.AcquireAsync(specification, context.RequestAborted);
        return acquisition.IsCompletedSuccessfully
            ? AnswerAsync(context, acquisition.Result)
            : AcquireAndAnswerAsync(context, specification, acquisition);
    }

    /// <summary>What the route has matched belongs to the mount point: SCRIPT_NAME of WSGI, root_path of ASGI.</summary>
    private static void MovePrefix(HttpRequest request, int length)
    {
        var path = request.Path.Value!;
        request.PathBase = new PathString(path[..length]);
        request.Path = new PathString(path[length..]);
    }

    private async Task AcquireAndAnswerAsync(HttpContext context, TenantSpecification specification, ValueTask<Lease> acquisition)
    {
        Lease lease;
        try
        {
            lease = await acquisition;
        }
        catch (TenantException e)
        {
            await errors.WriteAsync(context, Describe(e, specification));
            return;
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        await AnswerAsync(context, lease);
    }

    private async Task AnswerAsync(HttpContext context, Lease lease)
    {
        try
        {
            if (lease.Application.QueueLength >= _queueLimit)
                await errors.WriteAsync(context, About(ErrorKind.QueueFull, lease.Tenant) with { RetryAfter = s_queueRetry });
            else
                await RequestTelemetry.AnswerAsync(lease.Application, context, lease.Tenant.Id, lease.Generation.Number);
        }
        catch (AppFailedException e) when (e.StatusCode < StatusCodes.Status500InternalServerError && !context.Response.HasStarted)
        {
            // The request itself is malformed or too large, which only reading its body has shown.
            context.Response.Clear();
            context.Response.StatusCode = e.StatusCode;
        }
        catch (AppFailedException e)
        {
            Log.AppFailed(logger, lease.Tenant.Id, context.Request.Method, context.Request.Path.Value, e.Error?.Traceback.TrimEnd() ?? e.Message);
            if (e.IsTold)
                return;
            if (context.Response.HasStarted)
                throw new ResponseBrokenException();
            await errors.WriteAsync(context, About(ErrorKind.AppRaised, lease.Tenant) with { Error = e.Error, Detail = e.Error is null ? e.Message : null });
        }
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested)
        {
            // Kestrel would log it too, but also every broken response, which has been logged as what it is (see appsettings.json).
            Log.Unexpected(logger, lease.Tenant.Id, e);
            throw;
        }
        finally
        {
            lease.Dispose();
        }
    }

    private static ErrorAnswer About(ErrorKind kind, Tenant tenant) => new(kind)
    {
        Tenant = tenant.Id,
        App = tenant.Specification.App,
        Directory = tenant.Specification.WorkingDirectory,
    };

    private static ErrorAnswer Describe(TenantException exception, TenantSpecification specification)
    {
        var answer = new ErrorAnswer(exception switch
        {
            TenantLoadException => ErrorKind.LoadFailed,
            TenantLoadTimeoutException => ErrorKind.LoadTimeout,
            TenantGoneException => ErrorKind.NotFound,
            TenantBusyException => ErrorKind.TooManyLoads,
            CapacityException => ErrorKind.CapacityReached,
            _ => ErrorKind.ShuttingDown,
        })
        {
            App = specification.App,
            Directory = specification.WorkingDirectory,
            RetryAfter = (exception as TenantUnavailableException)?.RetryAfter,
        };
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
        public static partial void AppFailed(ILogger logger, string tenant, string method, string? path, string traceback);

        [LoggerMessage(EventId = 211, Level = LogLevel.Error, Message = "A request for {Tenant} failed in the gateway itself")]
        public static partial void Unexpected(ILogger logger, string tenant, Exception exception);
    }
}
