namespace SnakeHost.Gateway.Tenants;

/// <summary>As many loads are running as may run at once (503).</summary>
internal sealed class TenantBusyException(int concurrentLoads)
    : TenantUnavailableException($"{concurrentLoads} apps are being loaded at once; no more may.", TimeSpan.FromSeconds(1));
