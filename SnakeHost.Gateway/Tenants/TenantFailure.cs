namespace SnakeHost.Gateway.Tenants;

/// <summary>A failed load, kept to answer requests with.</summary>
/// <param name="Generation">The generation that failed.</param>
/// <param name="Cause">The loader's exception, or a <see cref="TenantLoadTimeoutException"/>.</param>
/// <param name="At">When, in <see cref="CoarseClock"/>'s milliseconds.</param>
internal sealed record TenantFailure(int Generation, Exception Cause, long At)
{
    public TenantError Error { get; } = TenantErrors.From(Cause);

    /// <summary>A new exception for each request: throwing one in many threads would mix up its stack traces.</summary>
    public TenantException ToException(string tenantId) => Cause is TenantLoadTimeoutException timeout
        ? new TenantLoadTimeoutException(tenantId, timeout.Generation, timeout.Timeout)
        : new TenantLoadException(tenantId, Generation, Cause);
}
