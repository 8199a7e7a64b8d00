using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Interop;
using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Gateway;

/// <summary>
/// Ends the process when its ordinary end cannot come about: the grace period is over, and Python does not answer, for some app's C code keeps the GIL. Nothing can interrupt that.
/// </summary>
internal sealed partial class LastResort(GilWatch python, ILoggerFactory loggers, TimeSpan grace)
{
    /// <summary>As for what else goes wrong.</summary>
    private const int ExitCode = 1;

    /// <summary>Python that has not answered for so long will not.</summary>
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(2);

    /// <summary>What is logged should still come out.</summary>
    private static readonly TimeSpan s_lastWords = TimeSpan.FromSeconds(2);

    private readonly ILogger _logger = loggers.CreateLogger<LastResort>();
    private volatile bool _isOff;

    /// <summary>The gateway has been told to stop.</summary>
    public void Begin()
    {
        if (grace != Timeout.InfiniteTimeSpan)
            new Thread(Run) { IsBackground = true, Name = "SnakeHost end" }.Start();
    }

    /// <summary>The ordinary end has come as far as to need it no more.</summary>
    public void TurnOff() => _isOff = true;

    private void Run()
    {
        Thread.Sleep(grace);
        // Who it is takes a moment to find out.
        while (python.Waiting is var waiting && (waiting < s_timeout || (python.Holders is null && waiting < 2 * s_timeout)))
        {
            if (_isOff)
                return;
            Thread.Sleep(50);
        }

        if (_isOff)
            return;
        Log.Leaves(_logger, python.Describe());
        // Writes out what is queued; a collector that does not answer must not hold this up.
        var last = new Thread(loggers.Dispose) { IsBackground = true };
        last.Start();
        last.Join(s_lastWords);
        ConsoleWriter.Finish();
        // Not by way of anybody's exit functions.
        LibC.Exit(ExitCode);
    }

    private static partial class Log
    {
        [LoggerMessage(342, LogLevel.Critical, "The grace period is over and Python does not answer: C code that keeps the interpreter's lock (GIL) is called by {Apps}. The process leaves without ending its apps")]
        public static partial void Leaves(ILogger logger, string apps);
    }
}
