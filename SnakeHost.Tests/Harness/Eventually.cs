using System.Diagnostics;
using Xunit.Sdk;

namespace SnakeHost.Tests.Harness;

/// <summary>For states that can only be asked for, over HTTP or in the file system.</summary>
internal static class Eventually
{
    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(10);

    /// <summary>Between two questions at most: what takes seconds is asked for less and less often, since each question costs both sides processor time that others wait for.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromMilliseconds(160);

    /// <summary>Asks again until the assertion holds; its last failure is the test's when it never does.</summary>
    public static async Task Async(Func<Task> assertion, TimeSpan? within = null)
    {
        var clock = Stopwatch.StartNew();
        var pause = s_first;
        while (true)
        {
            try
            {
                await assertion();
                return;
            }
            catch (XunitException) when (clock.Elapsed < (within ?? TimeSpan.FromSeconds(60)))
            {
                await Task.Delay(pause);
                pause = pause * 1.5 < s_longest ? pause * 1.5 : s_longest;
            }
        }
    }
}
