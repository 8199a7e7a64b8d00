namespace SnakeHost.Gateway.Tenants;

/// <summary>A failure of a tenant as the admin listener shows it, and what to do about it where the message does not say so. SnakeHost.Hosting reads it with this file too.</summary>
internal sealed record TenantError(string Type, string Message, string? Traceback, string? File, int? Line, string? Hint = null);
