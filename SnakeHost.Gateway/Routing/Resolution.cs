using System.Diagnostics.CodeAnalysis;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Routing;

/// <summary>What the values of a request lead to: a tenant, or nothing and why. It is kept, and with it the tenant once there is one.</summary>
internal sealed class Resolution
{
    /// <summary>The route that matched; null when none did.</summary>
    public Route? Route { get; init; }

    /// <summary>Null when nothing was found.</summary>
    public TenantSpecification? Specification { get; init; }

    /// <summary>The tenant's folder without symlinks.</summary>
    public string? RealDirectory { get; init; }

    /// <summary>Why nothing was found: one sentence, for developers only, as it may name folders.</summary>
    public string? Reason { get; init; }

    /// <summary>Who answered last: null before anybody has, and gone when it has been evicted.</summary>
    public Tenant? Tenant { get; set; }

    /// <summary>Nothing is wrong: the route's variables are not known yet.</summary>
    public bool IsPending { get; init; }

    [MemberNotNullWhen(true, nameof(Route), nameof(Specification))]
    [MemberNotNullWhen(false, nameof(Reason))]
    public bool IsFound => Specification is not null;

    public static Resolution NotFound(string reason, Route? route = null) => new() { Route = route, Reason = reason };
}
