using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SnakeHost.Gateway.Wsgi;

/// <summary>
/// How much of the time that an app takes for a request it spends waiting (for a database, a file, another service) rather than
/// computing: only waiting leaves room for another thread beside the GIL. Sampled, since asking is a system call.
/// </summary>
/// <remarks>
/// A thread from which the kernel takes the processor does not wait: what tells the two apart is whether it gave it up by itself
/// (ru_nvcsw of getrusage(2)). A request during which <see cref="GilProbe"/> took the GIL is not counted: on a busy machine it may be long until it has it back.
/// </remarks>
internal sealed partial class ServiceTime
{
    private const int SampleEvery = 8;
    private const double Weight = 0.2;
    private const int ThisThread = 1; // RUSAGE_THREAD of <sys/resource.h>

    private int _requests;
    private double _waiting;

    /// <summary>The moving average, from 0 (all computing) to 1 (all waiting).</summary>
    public double Waiting => Volatile.Read(ref _waiting);

    /// <summary>What has been measured holds no longer.</summary>
    public void Forget() => Volatile.Write(ref _waiting, 0);

    /// <summary>Starts a measurement; default when this request is not sampled.</summary>
    public Sample Start() => _requests++ % SampleEvery == 0 && TryReadUsage(out var usage) ? new Sample(Stopwatch.GetTimestamp(), usage.Processor, usage.VoluntarySwitches, GilProbe.Count) : default;

    public void Stop(Sample sample)
    {
        if (sample.Wall == 0 || sample.Probes != GilProbe.Count || !TryReadUsage(out var usage))
            return;
        var wall = Stopwatch.GetElapsedTime(sample.Wall);
        var share = usage.VoluntarySwitches == sample.Switches || wall <= TimeSpan.Zero ? 0 : Math.Clamp(1 - ((usage.Processor - sample.Processor) / wall), 0, 1);
        Volatile.Write(ref _waiting, (_waiting * (1 - Weight)) + (share * Weight));
    }

    private static bool TryReadUsage(out Usage usage)
    {
        usage = default;
        return OperatingSystem.IsLinux() && GetResourceUsage(ThisThread, out usage) == 0;
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int GetResourceUsage(int who, out Usage usage);

    /// <summary>What the thread has used up at the start of a request.</summary>
    public readonly record struct Sample(long Wall, TimeSpan Processor, nint Switches, int Probes);

    /// <summary>struct rusage of Linux with 64 bits.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Usage
    {
        private readonly nint _userSeconds;
        private readonly nint _userMicroseconds;
        private readonly nint _systemSeconds;
        private readonly nint _systemMicroseconds;
        private readonly Unread _unread;
        public readonly nint VoluntarySwitches;
        private readonly nint _involuntarySwitches;

        public readonly TimeSpan Processor => TimeSpan.FromSeconds(_userSeconds + _systemSeconds) + TimeSpan.FromMicroseconds(_userMicroseconds + _systemMicroseconds);
    }

    /// <summary>From ru_maxrss to ru_nsignals.</summary>
    [InlineArray(12)]
    private struct Unread
    {
        private nint _first;
    }
}
