namespace SnakeHost.Gateway.Tenants;

/// <summary>Debuggers of tenants: one that is debugged is loaded in a process of its own that has one, from its next load on.</summary>
internal interface IDebuggers
{
    /// <summary>The port at which editors attach to a tenant, on loopback; null when it is not debugged.</summary>
    int? PortOf(string tenantId);

    /// <summary>Starts a debugger, in which the tenant has yet to be loaded. One that is there stays.</summary>
    /// <param name="port">Where editors are to attach; null for the first free one from 5678 on.</param>
    /// <param name="waits">Whether nothing is loaded before an editor has attached.</param>
    /// <returns>The port, and whether it is a new one.</returns>
    /// <exception cref="DebuggerException">There can be none.</exception>
    Task<(int Port, bool IsNew)> StartAsync(Tenant tenant, int? port, bool waits, CancellationToken cancellationToken);

    /// <summary>The tenant is not debugged any more from its next load on. Null when it was not; else what ends the debugger, when the generations in it have ended.</summary>
    Func<Task>? Stop(string tenantId);
}
