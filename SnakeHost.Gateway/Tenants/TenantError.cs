using SnakeHost.Gateway.Http;

namespace SnakeHost.Gateway.Tenants;

/// <summary>A failure of a tenant as the admin listener shows it.</summary>
internal sealed record TenantError(string Type, string Message, string? Traceback, string? File, int? Line)
{
    internal static TenantError From(Exception exception) => exception switch
    {
        AppLoadException { Error: PythonError error } => new(error.Type, error.Message, error.Traceback, error.File, error.Line),
        TenantLoadException { InnerException: Exception cause } => From(cause),
        _ => new(exception.GetType().Name, exception.Message, null, null, null),
    };
}
