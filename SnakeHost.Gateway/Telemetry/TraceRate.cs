using System.Diagnostics;

namespace SnakeHost.Gateway.Telemetry;

/// <summary>Counts the requests of one tenant and says what share of them is to be recorded, for so many a second: all up to those, and of more a share that leaves as many.</summary>
/// <remarks>What counts is about the last second: each request for less and less as it gets older.</remarks>
/// <param name="now">By <see cref="Stopwatch"/>.</param>
internal sealed class TraceRate(long now)
{
    private readonly Lock _gate = new();
    private double _recent;
    private long _last = now;

    /// <summary>One more.</summary>
    /// <param name="now">By <see cref="Stopwatch"/>.</param>
    public TraceShare Count(long now, int perSecond)
    {
        double recent;
        lock (_gate)
        {
            // Threads do not come in the order of their times.
            if (now > _last)
            {
                _recent *= Math.Exp(-Stopwatch.GetElapsedTime(_last, now).TotalSeconds);
                _last = now;
            }

            recent = ++_recent;
        }

        return recent <= Most(perSecond) ? TraceShare.All : TraceShare.Of(perSecond / recent);
    }

    /// <summary>
    /// Requests do not come evenly: one is left out only when they are clearly too many. Of requests that come at random so many a second, what counts is N on average, give or take √(N/2).
    /// </summary>
    private static double Most(int perSecond) => perSecond == 0 ? 0 : perSecond + Math.Max(perSecond / 4.0, (3 * Math.Sqrt(perSecond / 2.0)) + 1);
}
