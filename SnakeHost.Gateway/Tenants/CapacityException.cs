namespace SnakeHost.Gateway.Tenants;

/// <summary>As many tenants are loaded as there may be, and all of them are in use (503).</summary>
internal sealed class CapacityException(int capacity)
    : TenantUnavailableException($"{capacity} apps are loaded and all of them are in use.", TimeSpan.FromSeconds(5));
