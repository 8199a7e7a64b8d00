using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net.Sockets;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Workers;

/// <summary>The debuggers of this gateway's tenants.</summary>
/// <param name="own">The interpreter of this process.</param>
[SuppressMessage("Design", "CA1001", Justification = "A source without a timer holds nothing but memory.")]
internal sealed partial class Debuggers(WorkerLoader workers, Func<PythonInstallation> own, ILogger<Debuggers> logger) : IDebuggers
{
    /// <summary>debugpy's own, which editors suggest.</summary>
    private const int FirstPort = 5678, Ports = 100;

    /// <summary>For a process with a debugger, before anything of the app's runs.</summary>
    private static readonly TimeSpan s_start = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan s_end = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, DebugSession> _sessions = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<Task, bool> _ends = new();

    /// <summary>Tenants that are debugged from the start, and somebody has ended that.</summary>
    private readonly ConcurrentDictionary<string, bool> _stopped = new(StringComparer.Ordinal);

    public int? PortOf(string tenantId) => Find(tenantId)?.Port;

    public bool IsDebugged(string tenantId, TenantSpecification specification) => Find(tenantId) is not null || BeginsDebugged(tenantId, specification);

    /// <summary>With what a tenant is to be loaded; null for nothing.</summary>
    /// <exception cref="AppLoadException">It is to be debugged from the start, and cannot be.</exception>
    public DebugSession? ForLoad(string tenantId, TenantSpecification specification)
    {
        if (Find(tenantId) is { } session || !BeginsDebugged(tenantId, specification))
            return Find(tenantId);
        try
        {
            session = Open(tenantId, specification, specification.Debugger!.Port, specification.Debugger.Waits);
            if (!_sessions.TryAdd(tenantId, session))
            {
                // Somebody has asked for one meanwhile.
                _ = End(session);
                return Find(tenantId);
            }

            Log.Debugged(logger, tenantId, session.Port);
            return session;
        }
        catch (DebuggerException e)
        {
            throw new AppLoadException(e.Message, e);
        }
    }

    /// <summary>The tenant is gone.</summary>
    public void Retired(string tenantId)
    {
        _ = Stop(tenantId)?.Invoke();
        _stopped.TryRemove(tenantId, out _);
    }

    public async Task<(int Port, bool IsNew)> StartAsync(Tenant tenant, int? port, bool waits, CancellationToken cancellationToken)
    {
        if (Find(tenant.Id) is { } existing)
            return port is null || port == existing.Port ? (existing.Port, false) : throw Already(tenant.Id, existing);
        var session = Open(tenant.Id, tenant.Placed, port, waits);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
            limit.CancelAfter(s_start);
            await session.ProcessAsync(limit.Token);
            if (_sessions.TryAdd(tenant.Id, session))
            {
                _stopped.TryRemove(tenant.Id, out _);
                Log.Debugged(logger, tenant.Id, session.Port);
                return (session.Port, true);
            }
        }
        catch (AppLoadException e)
        {
            await session.EndAsync();
            throw new DebuggerException(e.Message, e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            await session.EndAsync();
            throw new DebuggerException(_stopping.IsCancellationRequested ? "The gateway is stopping." : string.Create(CultureInfo.InvariantCulture, $"The process for {tenant.Id} did not start within {s_start.TotalSeconds:0} s."), e);
        }
        catch
        {
            await session.EndAsync();
            throw;
        }

        // Two have asked at once.
        await session.EndAsync();
        return await StartAsync(tenant, port, waits, cancellationToken);
    }

    public Func<Task>? Stop(string tenantId)
    {
        if (!_sessions.TryRemove(tenantId, out var session))
            return null;
        _stopped[tenantId] = true;
        session.Cut();
        return () => End(session);
    }

    /// <summary>The gateway ends: nothing is held any more.</summary>
    public void CutAll()
    {
        _stopping.Cancel();
        foreach (var session in _sessions.Values)
            session.Cut();
    }

    /// <summary>Ends the processes, now that the generations in them have. What does not end notices that the gateway has.</summary>
    public async Task EndAllAsync()
    {
        foreach (var tenant in _sessions.Keys)
            _ = Stop(tenant)?.Invoke();
        await Task.WhenAll(_ends.Keys).WaitAsync(s_end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private DebugSession? Find(string tenantId) => _sessions.GetValueOrDefault(tenantId);

    private bool BeginsDebugged(string tenantId, TenantSpecification specification) => specification.Debugger is not null && !_stopped.ContainsKey(tenantId);

    private static DebuggerException Already(string tenantId, DebugSession session) => new($"{tenantId} is being debugged already, at port {session.Port}.");

    private Task End(DebugSession session)
    {
        var end = session.EndAsync();
        _ends[end] = true;
        _ = end.ContinueWith(ended => _ends.TryRemove(ended, out _), TaskScheduler.Default);
        return end;
    }

    /// <exception cref="DebuggerException">No port, or no interpreter.</exception>
    private DebugSession Open(string tenantId, TenantSpecification specification, int? port, bool waits)
    {
        (TenantSpecification Specification, string? Python) place;
        try
        {
            place = TenantPython.Place(specification, own());
        }
        catch (AppLoadException e)
        {
            throw new DebuggerException(e.Message, e);
        }

        for (var next = port ?? FirstPort; ; next++)
        {
            try
            {
                return new DebugSession(next, cancellationToken => workers.StartDebugProcessAsync(tenantId, place.Specification.Venv, place.Python, waits, cancellationToken));
            }
            catch (SocketException e) when (port is not null)
            {
                throw new DebuggerException($"The debugger cannot listen at 127.0.0.1:{port}: {e.Message}.", e);
            }
            catch (SocketException e) when (next >= FirstPort + Ports)
            {
                throw new DebuggerException($"The debugger cannot listen at any port of 127.0.0.1 from {FirstPort} to {next}: {e.Message}.", e);
            }
            catch (SocketException)
            {
                // Somebody else's.
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(705, LogLevel.Information, "Tenant {Tenant} is debugged: editors attach to 127.0.0.1:{Port}")]
        public static partial void Debugged(ILogger logger, string tenant, int port);
    }
}
