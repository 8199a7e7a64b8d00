namespace SnakeHost.Gateway.Tenants;

/// <summary>A failed load, kept to answer requests with.</summary>
/// <param name="Generation">The generation that failed.</param>
/// <param name="Cause">The loader's exception, or a <see cref="TenantLoadTimeoutException"/>.</param>
/// <param name="At">When, in <see cref="CoarseClock"/>'s milliseconds.</param>
internal sealed record TenantFailure(int Generation, Exception Cause, long At)
{
    /// <summary>For so long nothing is tried; null for <see cref="Configuration.TenantOptions.FailureCacheDuration"/>.</summary>
    public TimeSpan? Pause { get; init; }

    public TenantError Error { get; } = TenantErrors.From(Cause);

    /// <summary>A new exception for each request: throwing one in many threads would mix up its stack traces.</summary>
    public TenantException ToException(string tenantId) => Cause switch
    {
        TenantLoadTimeoutException timeout => new TenantLoadTimeoutException(tenantId, timeout.Generation, timeout.Timeout),
        ProcessLostException lost => ProcessLostException.Again(lost, Pause ?? TimeSpan.Zero),
        _ => new TenantLoadException(tenantId, Generation, Cause),
    };
}
