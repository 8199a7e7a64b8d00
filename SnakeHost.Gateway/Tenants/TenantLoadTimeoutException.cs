using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.Tenants;

/// <summary>The tenant's last load took longer than the load timeout (504).</summary>
internal sealed class TenantLoadTimeoutException(string tenantId, int generation, TimeSpan timeout)
    : TenantException(ErrorKind.LoadTimeout, $"The app of tenant '{tenantId}' did not load within {timeout.TotalSeconds:0.###} s.")
{
    public string TenantId { get; } = tenantId;

    /// <summary>The generation that was abandoned.</summary>
    public int Generation { get; } = generation;

    public TimeSpan Timeout { get; } = timeout;
}
