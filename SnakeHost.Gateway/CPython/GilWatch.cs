using System.Diagnostics;

namespace SnakeHost.Gateway.CPython;

/// <summary>Whether Python still answers: takes the GIL once a second, and says who seems to keep it when it cannot be had.</summary>
/// <remarks>
/// Python switches between threads at bytecodes. C code that does not return and has not given the GIL up (a lock, a long regular expression, <c>ctypes.PyDLL</c>) stops all apps,
/// and nothing in Python can say so. Two threads for that: one asks for the GIL, the other looks how long it has been waiting.
/// </remarks>
internal sealed partial class GilWatch(ILogger<GilWatch> logger)
{
    /// <summary>Python that has not answered for so long is told of.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private readonly ThreadActivity _activity = new();
    private IReadOnlyList<string>? _holders;
    private long _since;

    /// <summary>How long Python has not answered.</summary>
    public TimeSpan Waiting => Volatile.Read(ref _since) is not 0 and var since ? Stopwatch.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>False after it has not answered for that long. No app in this process does, then.</summary>
    public bool IsAnswering => Waiting < Patience;

    /// <summary>
    /// The names of the threads (<c>notes#2</c>) that are in Python and do not wait for the GIL: one of them has it, or a thread that an app has started. Null while Python answers,
    /// and for about two seconds after that.
    /// </summary>
    public IReadOnlyList<string>? Holders => Volatile.Read(ref _holders);

    /// <summary>Begins. The interpreter runs.</summary>
    public void Start()
    {
        PythonThread.Start("SnakeHost probe", Ask);
        new Thread(Probe) { IsBackground = true, Name = "SnakeHost watch" }.Start();
    }

    /// <summary>Who it is, for a message.</summary>
    public string Describe() => Holders is { Count: > 0 } holders ? string.Join(", ", holders) : "a thread that an app has started";

    private void Ask(PythonThread thread)
    {
        while (true)
        {
            Volatile.Write(ref _since, Stopwatch.GetTimestamp());
            using (thread.Attach())
                Volatile.Write(ref _since, 0);
            Thread.Sleep(s_interval);
        }
    }

    private void Probe()
    {
        TimeSpan? told = null;
        while (true)
        {
            Thread.Sleep(s_interval);
            var waiting = Waiting;
            if (waiting == TimeSpan.Zero)
            {
                if (told is { } length)
                    Log.Answers(logger, length.TotalSeconds);
                told = null;
                Volatile.Write(ref _holders, null);
                _activity.Forget();
                continue;
            }

            Volatile.Write(ref _holders, _activity.Holders());
            if (waiting < Patience)
                continue;
            if (told is null)
                Log.Waits(logger, waiting.TotalSeconds, Describe());
            told = waiting;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(340, LogLevel.Error, "Python has not answered for {Seconds:F0} s, and no app does: C code that keeps the interpreter's lock (GIL) is called by {Apps}")]
        public static partial void Waits(ILogger logger, double seconds, string apps);

        [LoggerMessage(341, LogLevel.Warning, "Python answers again, after {Seconds:F0} s")]
        public static partial void Answers(ILogger logger, double seconds);
    }
}
