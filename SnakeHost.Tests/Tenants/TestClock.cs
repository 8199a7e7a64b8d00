using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace SnakeHost.Tests.Tenants;

/// <summary>A clock that tells when somebody has set a timer, so that a test advances it neither too early nor by chance.</summary>
internal sealed class TestClock : FakeTimeProvider
{
    private readonly Channel<TimeSpan> _timers = Channel.CreateUnbounded<TimeSpan>();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        _timers.Writer.TryWrite(dueTime);
        return timer;
    }

    /// <summary>Waits for a timer of that length, and lets its time pass.</summary>
    public async Task PassAsync(TimeSpan dueTime)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await _timers.Reader.ReadAsync(limit.Token) != dueTime)
        {
        }

        Advance(dueTime);
    }
}
