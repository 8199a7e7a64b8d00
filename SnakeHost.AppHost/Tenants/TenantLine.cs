namespace SnakeHost.AppHost.Tenants;

/// <summary>A line that a tenant has printed, from <c>GET /api/log</c> of the gateway's admin listener.</summary>
/// <param name="Tenant">The tenant's id.</param>
/// <param name="Stream"><c>stdout</c> or <c>stderr</c>.</param>
/// <param name="Text">Without its line feed.</param>
internal sealed record TenantLine(string Tenant, string Stream, string Text);
