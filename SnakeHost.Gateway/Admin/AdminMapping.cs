using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Admin;

/// <summary>Makes what the admin listener tells of what happens to tenants.</summary>
internal static class AdminMapping
{
    public static AdminEvent ToAdmin(this TenantEvent next) => new(
        next.TenantId,
        next.Kind.Lower(),
        next.Generation,
        next.Time,
        next.Duration?.TotalMilliseconds,
        next.ChangedFiles,
        next.Error,
        next.Reason?.Lower(),
        next.Dropped);

    public static AdminReload ToAdmin(this ReloadResult result, string tenant) =>
        new(tenant, result.Outcome.Lower(), result.Generation, result.Duration.TotalMilliseconds, result.Error);
}
