using System.Diagnostics.CodeAnalysis;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Routing;

/// <summary>What a request leads to: a tenant, or nothing and why.</summary>
/// <param name="Route">The route that matched; null when none did.</param>
/// <param name="PrefixLength">The characters of the decoded path that become SCRIPT_NAME and root_path.</param>
/// <param name="Tenant">Null when nothing was found.</param>
/// <param name="Reason">Why nothing was found: one sentence, for developers only, as it may name folders.</param>
internal readonly record struct Resolution(Route? Route, int PrefixLength, TenantSpecification? Tenant, string? Reason)
{
    [MemberNotNullWhen(true, nameof(Route), nameof(Tenant))]
    [MemberNotNullWhen(false, nameof(Reason))]
    public bool IsFound => Tenant is not null;

    public static Resolution NotFound(string reason, Route? route = null) => new(route, 0, null, reason);
}
