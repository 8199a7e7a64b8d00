using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Asgi;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Runtime;
using SnakeHost.Gateway.Telemetry;
using SnakeHost.Gateway.Tenants;
using SnakeHost.Gateway.Wsgi;
using SnakeHost.ServiceDefaults;

namespace SnakeHost.Gateway;

/// <summary>Loads apps into the interpreter of this process, each in a thread of its own that it keeps.</summary>
/// <param name="python">Asked at each load: the interpreter may start after this is made.</param>
/// <param name="isDeveloping">Whether the environment is Development.</param>
/// <param name="logger">Told of threads that end unexpectedly.</param>
internal sealed partial class PythonLoader(Func<PythonHost> python, bool isDeveloping, ILogger<PythonLoader> logger) : IApplicationLoader
{
    /// <summary>Requests that the greenlets of one app answer at once.</summary>
    private const int Greenlets = 1000;

    public async Task<IPythonApplication> LoadAsync(string tenantId, TenantSpecification specification, int generation, CancellationToken cancellationToken)
    {
        var name = $"{tenantId}#{generation}";
        var request = new AppRequest(
            name,
            specification.App,
            specification.Interface,
            specification.WorkingDirectory,
            specification.Venv,
            specification.PrivatePackages,
            ReadEnvironment(specification, tenantId),
            isDeveloping,
            IsMovable: specification.Isolation == IsolationMode.Auto && !python().IsAlone);
        var result = new TaskCompletionSource<IPythonApplication>(TaskCreationOptions.RunContinuationsAsynchronously);
        var trace = ImportTrace.Current;
        var starting = new StartingApp();
        var thread = PythonThread.Start(name, thread => Run(thread, request, trace, specification, result, asgi => starting.Begin(() => asgi.Stop(TimeSpan.Zero))));
        try
        {
            return await result.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // One that starts may wait for something, and would not notice an interruption.
            starting.Abandon();
            throw new LoadAbandonedException(AbandonAsync(thread, name, result.Task), cancellationToken);
        }
    }

    private static Dictionary<string, string> ReadEnvironment(TenantSpecification specification, string tenantId)
    {
        try
        {
            var environment = new Dictionary<string, string>(EnvFile.ReadAll(specification.EnvFiles, specification.WorkingDirectory), StringComparer.Ordinal);
            foreach (var (name, value) in specification.Env)
                environment[name] = value;

            // As the gateway's own telemetry calls it; the gateway's name would be told of all apps.
            if (!environment.GetValueOrDefault("OTEL_RESOURCE_ATTRIBUTES", "").Contains("service.name=", StringComparison.Ordinal))
                environment.TryAdd("OTEL_SERVICE_NAME", ServiceNames.Of(tenantId));
            return environment;
        }
        catch (ConfigurationException e)
        {
            throw new AppLoadException(e.Message, e);
        }
    }

    /// <summary>The life of the app's first thread: it imports the app, then serves it to the end.</summary>
    private void Run(
        PythonThread thread,
        AppRequest request,
        ImportTrace? trace,
        TenantSpecification specification,
        TaskCompletionSource<IPythonApplication> result,
        Action<AsgiApplication> starting)
    {
        try
        {
            // Until then the main thread imports: a child that an app forked meanwhile would inherit the locks of that, and app code that does not return would hold it up.
            var runtime = WaitForAsgi();
            WsgiApplication? wsgi = null;
            AsgiApplication? asgi = null;
            using (thread.Attach())
            {
                var app = Load(thread, request, trace);
                if (app.Interface == InterfaceKind.Wsgi)
                {
                    // Threads that wait for greenlets cost little; as many as connections of gunicorn's workers of that kind.
                    var threads = app.HasGreenlets() ? Math.Max(specification.Threads, Greenlets) : specification.Threads;
                    wsgi = new WsgiApplication(python().Wsgi, app, thread, request.Id, threads, specification.MaxBufferedRequestBody);
                }
                else
                {
                    asgi = new AsgiApplication(runtime, app, thread, specification.Lifespan);
                }
            }

            if (wsgi is not null)
            {
                thread.IsServing = true;
                result.SetResult(wsgi);
                wsgi.Run();
            }
            else
            {
                starting(asgi!);
                asgi!.Run(
                    () =>
                    {
                        thread.IsServing = true;
                        result.SetResult(asgi);
                    },
                    report => result.TrySetException(ToException(report)));
            }
        }
        catch (Exception e)
        {
            if (!result.TrySetException(e))
                Log.Ended(logger, request.Id, e);
        }
    }

    private AsgiRuntime WaitForAsgi()
    {
        try
        {
            return python().Asgi.GetAwaiter().GetResult();
        }
        catch (PythonException e)
        {
            throw new AppLoadException($"Python cannot be prepared for apps: {e.Message}", e);
        }
    }

    private LoadedApp Load(PythonThread thread, AppRequest request, ImportTrace? trace)
    {
        thread.IsInterruptible = true;
        try
        {
            return python().Package.Load(request, trace);
        }
        catch (PythonException e)
        {
            var report = python().Package.Describe(e);
            e.Exception.Dispose(); // and with its frames what was loaded so far
            throw ToException(report);
        }
        finally
        {
            thread.EndInterruptible();
        }
    }

    /// <param name="report">The JSON of <c>describe</c>, or a sentence.</param>
    private static AppLoadException ToException(string report)
    {
        if (!report.StartsWith('{'))
            return new AppLoadException(report);
        var error = PythonErrorJson.Parse(report);
        // What the Python half itself found out is a sentence; a traceback of its own code would only hide it.
        return error.Type.StartsWith("snakehost.errors.", StringComparison.Ordinal) ? new AppLoadException(error.Message) { NeedsProcess = error.NeedsProcess } : new AppLoadException(error);
    }

    /// <summary>Nobody waits for this load any more. Code that runs is asked to stop; an app that comes to be all the same is ended.</summary>
    private Task AbandonAsync(PythonThread thread, string name, Task<IPythonApplication> load) =>
        Task.Run(async () =>
        {
            await Interruption.RequestAsync([thread]);
            try
            {
                await (await load).EndAsync(TimeSpan.Zero);
            }
            catch (Exception e)
            {
                Log.AbandonedEnded(logger, name, e.Message);
            }
        });

    private static partial class Log
    {
        [LoggerMessage(EventId = 320, Level = LogLevel.Error, Message = "The thread of {App} has ended unexpectedly")]
        public static partial void Ended(ILogger logger, string app, Exception exception);

        [LoggerMessage(EventId = 321, Level = LogLevel.Debug, Message = "The abandoned load of {App} has ended: {Reason}")]
        public static partial void AbandonedEnded(ILogger logger, string app, string reason);
    }
}
