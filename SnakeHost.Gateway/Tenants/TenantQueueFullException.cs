namespace SnakeHost.Gateway.Tenants;

/// <summary>As many requests wait for the tenant's load as may wait (503).</summary>
internal sealed class TenantQueueFullException(int limit)
    : TenantUnavailableException($"{limit} requests wait for the app to be loaded; no more may.", TimeSpan.FromSeconds(1));
