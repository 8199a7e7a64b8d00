namespace SnakeHost.Gateway.Tenants;

/// <summary>The gateway is shutting down and takes no new requests (503).</summary>
internal sealed class GatewayStoppingException()
    : TenantUnavailableException("The gateway is stopping.", TimeSpan.FromSeconds(5));
