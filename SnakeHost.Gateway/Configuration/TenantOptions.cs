namespace SnakeHost.Gateway.Configuration;

/// <summary>Limits on tenants: <c>SnakeHost:Tenants</c>.</summary>
internal sealed class TenantOptions
{
    /// <summary>How many tenants are kept at once.</summary>
    public int Capacity { get; set; } = 128;

    /// <summary>How long a tenant without requests is kept; infinite (-1 ms) or zero keeps it for ever.</summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>How long a failed load answers for further requests before the next attempt.</summary>
    public TimeSpan FailureCache { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a load may take; infinite (-1 ms) waits for ever.</summary>
    public TimeSpan LoadTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>How many loads may run at once.</summary>
    public int ConcurrentLoads { get; set; } = 64;
}
