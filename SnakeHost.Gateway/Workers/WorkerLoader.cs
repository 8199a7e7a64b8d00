using System.Security.Cryptography;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Launch;
using SnakeHost.Gateway.Telemetry;
using SnakeHost.Gateway.Tenants;
using Yarp.ReverseProxy.Forwarder;

namespace SnakeHost.Gateway.Workers;

/// <summary>Loads apps into processes of their own.</summary>
/// <param name="opened">Is told which files an app of a tenant opens, and whether it changes them; null when nobody asks for that.</param>
internal sealed partial class WorkerLoader(
    SnakeHostOptions options, IConfiguration configuration, bool isDeveloping, IHttpForwarder forwarder, IAppOutput output, OutputHistory history,
    Func<Action<string, SourceFile, bool>?> opened, IHostApplicationLifetime lifetime, SlowRequestLog slow, ILogger<WorkerLoader> logger) : IDisposable
{
    /// <summary>What a worker takes over of the gateway's configuration, which it does not read itself.</summary>
    private static readonly string[] s_settings = ["Logging", "OTEL_"];

    private readonly WorkerFolder _folder = new();

    /// <summary>Each computes while it starts: more at once would only take longer.</summary>
    private readonly SemaphoreSlim _starting = new(Math.Max(2, Environment.ProcessorCount));

    private readonly Lazy<Dictionary<string, string?>> _inherited = new(() => configuration.AsEnumerable()
        .Where(pair => pair.Value is not null && s_settings.Any(name => pair.Key.StartsWith(name, StringComparison.OrdinalIgnoreCase)))
        .ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.OrdinalIgnoreCase));

    /// <param name="python">The interpreter to run it with; null for the gateway's.</param>
    /// <param name="reason">Why it gets a process of its own, when nobody has asked for one.</param>
    /// <exception cref="AppLoadException">It cannot be loaded.</exception>
    public Task<IPythonApplication> LoadAsync(string tenantId, TenantSpecification specification, int generation, string? python, string? reason, CancellationToken cancellationToken) =>
        LoadAsync(tenantId, specification, generation, python, reason, debugger: null, cancellationToken);

    /// <summary>Loads an app in the one process with its debugger.</summary>
    /// <exception cref="AppLoadException">It cannot be loaded.</exception>
    public Task<IPythonApplication> LoadAsync(string tenantId, TenantSpecification specification, int generation, DebugSession debugger, CancellationToken cancellationToken) =>
        // One process, which nothing but its own end replaces.
        LoadAsync(
            tenantId, specification with { Processes = 1, MemoryLimit = ByteSize.Unlimited, MaxRequests = 0 }, generation, python: null,
            $"it is debugged: editors attach to 127.0.0.1:{debugger.Port}", debugger, cancellationToken);

    /// <summary>Starts a process with a debugger.</summary>
    /// <param name="venv">Where the debugger is looked for first; null for no such place.</param>
    /// <param name="python">The interpreter to run it with; null for the gateway's.</param>
    /// <param name="waits">Whether nothing is loaded before an editor has attached.</param>
    /// <exception cref="AppLoadException">It cannot be started, or has no debugger.</exception>
    public async Task<DebugProcess> StartDebugProcessAsync(string tenantId, string? venv, string? python, bool waits, CancellationToken cancellationToken)
    {
        await _starting.WaitAsync(cancellationToken);
        try
        {
            return await DebugProcess.StartAsync(
                tenantId, Find(python), _folder.NextSocket() + WorkerFolder.Control, new WorkerMessage.Debug(venv, waits, opened() is not null, _inherited.Value), output,
                file => opened()?.Invoke(tenantId, file.File, file.IsChanged), cancellationToken);
        }
        finally
        {
            _starting.Release();
        }
    }

    private async Task<IPythonApplication> LoadAsync(
        string tenantId, TenantSpecification specification, int generation, string? python, string? reason, DebugSession? debugger, CancellationToken cancellationToken)
    {
        var program = Find(python);
        var trace = ImportTrace.Current?.TraceParent;
        var workers = new List<WorkerProcess>();
        try
        {
            // The first alone: what is wrong with the app is then wrong once.
            workers.Add(await StartAsync(trace, cancellationToken));
            if (specification.Processes > 1)
            {
                var others = Enumerable.Range(1, specification.Processes - 1).Select(_ => StartAsync(null, cancellationToken)).ToList();
                await ((Task)Task.WhenAll(others)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                workers.AddRange(others.Where(other => other.IsCompletedSuccessfully).Select(other => other.Result));
                await Task.WhenAll(others);
            }
        }
        catch
        {
            await Task.WhenAll(workers.Select(worker => worker.KillAsync()));
            throw;
        }

        return new WorkerApplication([.. workers], $"{tenantId}#{generation}", specification, reason, debugger, options.Reload.Grace, forwarder, StartAnotherAsync,
            logger, lifetime.ApplicationStopping);

        async Task<WorkerProcess> StartAnotherAsync(CancellationToken stop)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
            limit.CancelAfter(options.Tenants.LoadTimeout);
            return await StartAsync(null, limit.Token);
        }

        void TellSlow(WorkerMessage.Slow request)
        {
            // Somebody looks at it.
            if (debugger?.IsHeld != true)
                slow.Tell(tenantId, request.Method, request.Path, request.AgeMs, request.Stacks);
        }

        async Task<WorkerProcess> StartAsync(string? traceParent, CancellationToken stop)
        {
            await _starting.WaitAsync(stop);
            var isHeld = true;
            try
            {
                var socket = _folder.NextSocket();
                var order = new WorkerMessage.Order(
                    tenantId, generation, specification, socket + WorkerFolder.Http1, socket + WorkerFolder.Http2, RandomNumberGenerator.GetHexString(32), traceParent, isDeveloping, specification.Processes > 1 || options.Workers > 1,
                    opened() is not null, options.SlowAfter(isDeveloping),
                    options.WebSockets, _inherited.Value);
                var start = new WorkerStart(
                    program, order, Host: null, socket, output, file => opened()?.Invoke(tenantId, file.File, file.IsChanged), broken => Tell(tenantId, broken),
                    TellSlow);
                if (debugger is null)
                    return await WorkerProcess.StartAsync(start, Release, stop);
                // Which may have to start a process, and then may wait for an editor.
                Release();
                return await debugger.LoadAsync(start, stop);
            }
            finally
            {
                Release();
            }

            // What the app does while it is imported may take long, and is no reason for others to wait.
            void Release()
            {
                if (isHeld)
                    _starting.Release();
                isHeld = false;
            }
        }
    }

    private string Find(string? python) =>
        InterpreterProcess.Find(python ?? options.Python.Executable) ?? throw new AppLoadException($"There is no program {python ?? options.Python.Executable}.");

    public void Dispose()
    {
        _folder.Dispose();
        _starting.Dispose();
    }

    private void Tell(string tenantId, WorkerMessage.Broken broken)
    {
        Log.AppFailed(logger, tenantId, broken.Method, broken.Path, broken.Reason);
        foreach (var line in broken.Reason.Split('\n'))
            history.Add(tenantId, OutputLine.Error, line);
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 210, Level = LogLevel.Error, Message = "{Tenant} failed to answer {Method} {Path}\n{Traceback}")]
        public static partial void AppFailed(ILogger logger, string tenant, string method, string path, string traceback);
    }
}
