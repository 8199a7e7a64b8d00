namespace SnakeHost.Gateway.Tenants;

/// <summary>A failure of a tenant as the admin listener shows it. SnakeHost.Hosting reads it with this file too.</summary>
internal sealed record TenantError(string Type, string Message, string? Traceback, string? File, int? Line);
