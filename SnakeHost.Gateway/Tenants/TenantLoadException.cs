using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.Tenants;

/// <summary>The tenant's last load failed (500). The inner exception is the loader's.</summary>
internal sealed class TenantLoadException(string tenantId, int generation, Exception cause)
    : TenantException(ErrorKind.LoadFailed, $"The app of tenant '{tenantId}' could not be loaded: {cause.Message}", innerException: cause)
{
    public string TenantId { get; } = tenantId;

    /// <summary>The generation that failed.</summary>
    public int Generation { get; } = generation;

    /// <summary>What Python raised; null when the loader said it in a sentence.</summary>
    public PythonError? Error => (InnerException as AppLoadException)?.Error;
}
