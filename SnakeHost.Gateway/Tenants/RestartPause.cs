namespace SnakeHost.Gateway.Tenants;

/// <summary>How long to wait before a process is started again: not at all, then twice as long each time, until one lives longer than the longest pause.</summary>
internal static class RestartPause
{
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(30);

    /// <param name="last">What was waited before the one that has ended was started; null for the first.</param>
    /// <param name="lived">How long that one has lived.</param>
    public static TimeSpan Next(TimeSpan? last, TimeSpan lived) =>
        last is not { } pause || lived > s_longest ? TimeSpan.Zero
        : pause == TimeSpan.Zero ? s_shortest
        : pause * 2 < s_longest ? pause * 2
        : s_longest;
}
