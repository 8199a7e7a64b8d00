namespace SnakeHost.Gateway.CPython;

/// <summary>When the threads that run Python are to keep to one processor. Knows nothing of threads: it is told what they use.</summary>
/// <remarks>
/// What they would gain from several processors shows only while they have several. So they keep together for a while, are looked at apart for a moment, and so on; the while becomes longer
/// as long as nothing speaks against it, and so does the rest after something has.
/// </remarks>
internal sealed class AffinityPolicy
{
    /// <summary>Of a processor: from there on they get in each other's way.</summary>
    public const double Busy = 0.6;

    /// <summary>Of a processor: less than that, and they do not any more. Less than half of <see cref="Busy"/>: the same requests take half as much of them once they keep together.</summary>
    private const double Idle = 0.25;

    /// <summary>Of a processor: what is used by others than the busiest. One alone has nobody to take turns with.</summary>
    private const double Others = 0.1;

    /// <summary>Processors: more than Python's lock lets them have. They compute without it. Somewhat more than one is used by threads that have just given it up.</summary>
    private const double Parallel = 1.3;

    /// <summary>Threads that are ready, while they do not get even <see cref="Foreign"/> of their processor: something else is on it.</summary>
    private const double Crowd = 0.5, Foreign = 0.75;

    /// <summary>How long what they use is measured while they are apart.</summary>
    public static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(60);

    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_shortest = TimeSpan.FromSeconds(1), s_longest = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan s_shortestRest = TimeSpan.FromSeconds(2), s_longestRest = TimeSpan.FromSeconds(80);

    private TimeSpan _length = s_shortest;
    private TimeSpan _left;
    private TimeSpan _rest = s_shortestRest;

    public bool IsTogether { get; private set; }

    /// <summary>Until they are to be measured again.</summary>
    public TimeSpan Pause { get; private set; } = s_interval;

    /// <summary>They have next to nothing to do: the next measure is due after the usual time, however long this one has been put off.</summary>
    public void Skip() => Pause = s_interval;

    /// <summary>Takes what they have used since the last measure, or, while they are apart, in a <see cref="Glance"/>.</summary>
    /// <param name="ran">Processors. Without threads that have come or gone meanwhile: after a reload of many apps they part once.</param>
    /// <param name="most">Of these, what the busiest has used.</param>
    /// <param name="waited">Threads that were ready to run and had no processor, on average.</param>
    /// <param name="time">How long that was.</param>
    public void Consider(double ran, double most, double waited, TimeSpan time)
    {
        Pause = s_interval;
        if (!IsTogether)
        {
            if (ran > Parallel)
            {
                Rest();
            }
            else if (ran >= Busy && ran - most >= Others)
            {
                IsTogether = true;
                _left = _length;
            }

            return;
        }

        if (waited >= Crowd && ran < Foreign)
        {
            IsTogether = false;
            Rest();
        }
        else if (ran < Idle || ran - most < Others / 2)
        {
            IsTogether = false;
            _length = s_shortest;
        }
        else if ((_left -= time) <= TimeSpan.Zero)
        {
            IsTogether = false;
            Pause = TimeSpan.Zero;
            _rest = s_shortestRest;
            _length = _length * 2 < s_longest ? _length * 2 : s_longest;
        }
    }

    private void Rest()
    {
        _length = s_shortest;
        Pause = _rest;
        _rest = _rest * 2 < s_longestRest ? _rest * 2 : s_longestRest;
    }
}
