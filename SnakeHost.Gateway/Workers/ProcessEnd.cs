namespace SnakeHost.Gateway.Workers;

/// <summary>How a process has ended, as a clause behind its name.</summary>
internal static class ProcessEnd
{
    /// <summary>.NET adds it to the number of the signal that has ended a process.</summary>
    private const int Signalled = 128;

    private static readonly Dictionary<int, string> s_signals = new()
    {
        [4] = "SIGILL (illegal instruction)",
        [6] = "SIGABRT (it aborted itself)",
        [7] = "SIGBUS (bus error)",
        [8] = "SIGFPE (arithmetic error)",
        [9] = "SIGKILL (by hand, or because memory ran out)",
        [11] = "SIGSEGV (segmentation fault)",
        [15] = "SIGTERM",
    };

    public static string Describe(int exitCode) => exitCode > Signalled
        ? $"was ended by {s_signals.GetValueOrDefault(exitCode - Signalled) ?? $"signal {exitCode - Signalled}"}"
        : $"has ended itself with exit code {exitCode}";
}
