namespace SnakeHost.Gateway.Tenants;

/// <summary>The gateway has no room for the tenant now (503 with Retry-After). The tenant itself may be fine.</summary>
internal abstract class TenantUnavailableException(string message, TimeSpan retryAfter) : TenantException(message)
{
    /// <summary>When trying again makes sense; whole seconds, at least one.</summary>
    public TimeSpan RetryAfter { get; } = retryAfter;
}
