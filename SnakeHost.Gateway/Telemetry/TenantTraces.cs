using System.Diagnostics;

namespace SnakeHost.Gateway.Telemetry;

/// <summary>What decides which of a tenant's requests are recorded.</summary>
internal sealed class TenantTraces
{
    private SlowestRequests? _slowest;

    public TraceRate Rate { get; } = new(Stopwatch.GetTimestamp());

    /// <summary>Takes memory: there is one where it is asked for.</summary>
    public SlowestRequests Slowest => _slowest ?? Interlocked.CompareExchange(ref _slowest, new(Stopwatch.GetTimestamp()), null) ?? _slowest;
}
