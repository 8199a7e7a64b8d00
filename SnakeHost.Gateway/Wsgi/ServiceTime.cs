using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SnakeHost.Gateway.Wsgi;

/// <summary>
/// How much of the time that an app takes for a request it spends waiting (for a database, a file, another service) rather than
/// computing: only waiting leaves room for another thread beside the GIL. Sampled, since the thread's CPU clock is a system call.
/// </summary>
internal sealed partial class ServiceTime
{
    private const int SampleEvery = 8;
    private const double Weight = 0.2;
    private const int ThreadCpuClock = 3; // CLOCK_THREAD_CPUTIME_ID of <time.h>

    private int _requests;
    private double _waiting;

    /// <summary>The moving average, from 0 (all computing) to 1 (all waiting).</summary>
    public double Waiting => Volatile.Read(ref _waiting);

    /// <summary>Starts a measurement; default when this request is not sampled.</summary>
    public Sample Start() => _requests++ % SampleEvery == 0 && TryReadCpuClock(out var cpu) ? new Sample(Stopwatch.GetTimestamp(), cpu) : default;

    public void Stop(Sample sample)
    {
        if (sample.Wall == 0 || !TryReadCpuClock(out var cpu))
            return;
        var wall = Stopwatch.GetElapsedTime(sample.Wall).TotalNanoseconds;
        var share = wall <= 0 ? 0 : Math.Clamp(1 - ((cpu - sample.Cpu) / wall), 0, 1);
        Volatile.Write(ref _waiting, (_waiting * (1 - Weight)) + (share * Weight));
    }

    private static bool TryReadCpuClock(out long nanoseconds)
    {
        nanoseconds = 0;
        if (!OperatingSystem.IsLinux() || ClockGetTime(ThreadCpuClock, out var time) != 0)
            return false;
        nanoseconds = (time.Seconds * 1_000_000_000) + time.Nanoseconds;
        return true;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, out TimeSpec time);

    /// <summary>The two clocks at the start of a request.</summary>
    public readonly record struct Sample(long Wall, long Cpu);

    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
