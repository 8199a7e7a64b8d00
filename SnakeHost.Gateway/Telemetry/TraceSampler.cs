namespace SnakeHost.Gateway.Telemetry;

/// <summary>How it is decided which requests are recorded, where traces are exported.</summary>
/// <param name="PerSecond">So many of each tenant are; of more, a share.</param>
/// <param name="IsStandard">Whether <c>OTEL_TRACES_SAMPLER</c> is set: then the SDK decides by that, and nothing else.</param>
internal sealed record TraceSampler(int PerSecond, bool IsStandard)
{
    /// <summary>Of requests that lead to no tenant.</summary>
    public TenantTraces Own { get; } = new();
}
