namespace SnakeHost.Gateway.Admin;

/// <summary>Where editors attach to a tenant. SnakeHost.Hosting reads it with this file too.</summary>
/// <param name="Tenant">The tenant's id.</param>
/// <param name="Host">Always this machine.</param>
/// <param name="Port">Where the debugger listens.</param>
/// <param name="Launch">The entry for VS Code's <c>launch.json</c>.</param>
/// <param name="Reload">How the tenant's load there ended; null when there was none, or it waits for an editor.</param>
internal sealed record AdminDebug(string Tenant, string Host, int Port, AdminLaunch Launch, AdminReload? Reload)
{
    private const string Loopback = "127.0.0.1";

    public static AdminDebug At(string tenant, int port) => new(tenant, Loopback, port, new AdminLaunch($"{tenant} (SnakeHost)", "debugpy", "attach", new AdminConnect(Loopback, port), JustMyCode: true), null);
}
