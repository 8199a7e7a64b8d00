namespace SnakeHost.AppHost.Tenants;

/// <summary>Why a load failed, as the gateway's admin listener tells it.</summary>
internal sealed record TenantError(string Type, string Message, string? Traceback, string? File, int? Line);
