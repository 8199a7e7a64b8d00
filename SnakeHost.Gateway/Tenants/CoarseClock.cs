namespace SnakeHost.Gateway.Tenants;

/// <summary>Milliseconds that only grow, cheap enough to read for each request.</summary>
internal sealed class CoarseClock(TimeProvider time)
{
    // The system's timestamp costs several times what the tick count does.
    private readonly bool _system = ReferenceEquals(time, TimeProvider.System);

    public TimeProvider Time { get; } = time;

    public long Now => _system ? Environment.TickCount64 : (long)((Int128)Time.GetTimestamp() * 1000 / Time.TimestampFrequency);

    /// <summary>The wall-clock time of an earlier <see cref="Now"/>.</summary>
    public DateTimeOffset ToDateTime(long milliseconds) => Time.GetUtcNow() - TimeSpan.FromMilliseconds(Now - milliseconds);
}
