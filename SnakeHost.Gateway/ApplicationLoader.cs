using System.Collections.Concurrent;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Packages;
using SnakeHost.Gateway.Tenants;
using SnakeHost.Gateway.Workers;

namespace SnakeHost.Gateway;

/// <summary>Loads an app where it is to run: in the interpreter of this process, or in a process of its own.</summary>
/// <param name="own">Asked at each load: the interpreter may start after this is made.</param>
/// <param name="interpreter">As configured.</param>
internal sealed partial class ApplicationLoader(PythonLoader shared, WorkerLoader workers, Debuggers debuggers, Func<PythonInstallation> own, string interpreter, ILogger<ApplicationLoader> logger) : IApplicationLoader
{
    /// <summary>By tenant: why its app could not be loaded here. It is not tried again at each save, for what its import does would be done twice.</summary>
    private readonly ConcurrentDictionary<string, string> _moved = new(StringComparer.Ordinal);

    public async Task<IPythonApplication> LoadAsync(string tenantId, TenantSpecification specification, int generation, CancellationToken cancellationToken)
    {
        try
        {
            return await LoadSomewhereAsync(tenantId, specification, generation, cancellationToken);
        }
        catch (AppLoadException e) when (e.Error is { Hint: null } error && PackageHint.AddTo(error, specification.WorkingDirectory, specification.Venv, interpreter) is { Hint: not null } told)
        {
            throw new AppLoadException(told) { NeedsProcess = e.NeedsProcess };
        }
    }

    private Task<IPythonApplication> LoadSomewhereAsync(string tenantId, TenantSpecification specification, int generation, CancellationToken cancellationToken)
    {
        var venv = specification.Venv;
        if (debuggers.ForLoad(tenantId, specification) is { } debugger)
            return workers.LoadAsync(tenantId, TenantPython.Place(specification, own()).Specification, generation, debugger, cancellationToken);
        if (specification.Isolation == IsolationMode.Shared)
            return shared.LoadAsync(tenantId, specification, generation, cancellationToken);

        (specification, var python) = TenantPython.Place(specification, own());
        if (specification.Isolation == IsolationMode.Process)
            return workers.LoadAsync(tenantId, specification, generation, python, reason: null, cancellationToken);
        if (python is null)
            return LoadWhereItCanAsync(tenantId, specification, generation, cancellationToken);
        var reason = $"{venv} is {TenantPython.Of(venv)!.Describe()}, and the gateway runs {own().Describe()}";
        Log.Moves(logger, tenantId, reason);
        return workers.LoadAsync(tenantId, specification, generation, python, reason, cancellationToken);
    }

    public bool IsDebugged(string tenantId, TenantSpecification specification) => debuggers.IsDebugged(tenantId, specification);

    public void Retired(string tenantId, EvictReason reason)
    {
        debuggers.Retired(tenantId);
        // For others, what its load has found out still holds.
        if (reason is EvictReason.Manual or EvictReason.DirectoryDeleted)
            _moved.TryRemove(tenantId, out _);
    }

    /// <summary>Here, and elsewhere when that does not work, for what the app does to a whole process.</summary>
    private async Task<IPythonApplication> LoadWhereItCanAsync(string tenantId, TenantSpecification specification, int generation, CancellationToken cancellationToken)
    {
        if (!_moved.TryGetValue(tenantId, out var reason))
        {
            try
            {
                return await shared.LoadAsync(tenantId, specification, generation, cancellationToken);
            }
            catch (AppLoadException e) when (e.NeedsProcess is not null)
            {
                reason = e.NeedsProcess;
                Log.Moves(logger, tenantId, reason);
            }
        }

        var app = await workers.LoadAsync(tenantId, specification, generation, python: null, reason, cancellationToken);
        // Not before: where it cannot be loaded either, the next load begins from the beginning.
        _moved[tenantId] = reason;
        return app;
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 322, Level = LogLevel.Information, Message = "Tenant {Tenant} gets a process of its own: {Reason}")]
        public static partial void Moves(ILogger logger, string tenant, string reason);
    }
}
