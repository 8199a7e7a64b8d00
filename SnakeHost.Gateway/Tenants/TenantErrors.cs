using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.Tenants;

/// <summary>Makes a <see cref="TenantError"/> of what was thrown.</summary>
internal static class TenantErrors
{
    public static TenantError From(Exception exception) => exception switch
    {
        AppLoadException { Error: PythonError error } => new(error.Type, error.Message, error.Traceback, error.File, error.Line, error.Hint),
        TenantLoadException { InnerException: Exception cause } => From(cause),
        _ => new(exception.GetType().Name, exception.Message, null, null, null),
    };
}
