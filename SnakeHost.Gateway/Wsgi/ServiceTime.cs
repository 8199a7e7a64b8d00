using System.Diagnostics;
using SnakeHost.Gateway.Interop;

namespace SnakeHost.Gateway.Wsgi;

/// <summary>
/// How much of the time that an app takes for a request it spends waiting (for a database, a file, another service) rather than
/// computing: only waiting leaves room for another thread beside the GIL. Sampled, since asking is a system call.
/// </summary>
/// <remarks>
/// A thread from which the kernel takes the processor does not wait: what tells the two apart is whether it gave it up by itself
/// (ru_nvcsw of getrusage(2)). A request during which <see cref="GilProbe"/> took the GIL is not counted: on a busy machine it may be long until it has it back.
/// </remarks>
internal sealed class ServiceTime
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

    private static bool TryReadUsage(out ResourceUsage usage) => LibC.GetUsage(ThisThread, out usage) == 0;

    /// <summary>What the thread has used up at the start of a request.</summary>
    public readonly record struct Sample(long Wall, TimeSpan Processor, nint Switches, int Probes);
}
