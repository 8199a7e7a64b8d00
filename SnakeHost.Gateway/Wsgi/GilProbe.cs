using System.Diagnostics;
using SnakeHost.Gateway.CPython;

namespace SnakeHost.Gateway.Wsgi;

/// <summary>
/// Whether the GIL has time to spare, found out by taking it. For one thread.
/// </summary>
/// <remarks>
/// Who computes has to give it up for that, and gets it back only when the kernel lets it run: on a busy machine the GIL is free meanwhile, though nobody
/// waits for anything else. So after a GIL that somebody had, nothing is asked for a while.
/// </remarks>
internal sealed class GilProbe(PythonThread thread)
{
    /// <summary>Who computes gives the GIL up when asked, but not before 5 ms have passed (sys.setswitchinterval).</summary>
    private static readonly TimeSpan s_atOnce = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_rest = TimeSpan.FromMilliseconds(30);

    private static int s_count;
    private long _held;

    /// <summary>Changes when the GIL is about to be taken, and when it has been: what was measured across a change is not to be trusted.</summary>
    public static int Count => Volatile.Read(ref s_count);

    /// <summary>False also when somebody had it a moment ago.</summary>
    public bool IsFree()
    {
        if (_held != 0 && Stopwatch.GetElapsedTime(_held) < s_rest)
            return false;
        Interlocked.Increment(ref s_count);
        var isFree = thread.CanAttachWithin(s_atOnce);
        Interlocked.Increment(ref s_count);
        _held = isFree ? 0 : Stopwatch.GetTimestamp();
        return isFree;
    }
}
