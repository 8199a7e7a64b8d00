using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Routing;

/// <summary>What a route's values lead to: a tenant and its folder without symlinks, or the reason why to none.</summary>
internal sealed record Outcome(TenantSpecification? Tenant, string? RealDirectory, string? Reason)
{
    public static Outcome None(string reason) => new(null, null, reason);
}
