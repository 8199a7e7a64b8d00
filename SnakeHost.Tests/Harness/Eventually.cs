using System.Diagnostics;
using Xunit.Sdk;

namespace SnakeHost.Tests.Harness;

/// <summary>For states that can only be asked for, over HTTP or in the file system.</summary>
internal static class Eventually
{
    /// <summary>Asks again until the assertion holds; its last failure is the test's when it never does.</summary>
    public static async Task Async(Func<Task> assertion, TimeSpan? within = null)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await assertion();
                return;
            }
            catch (XunitException) when (clock.Elapsed < (within ?? TimeSpan.FromSeconds(60)))
            {
                await Task.Delay(10);
            }
        }
    }
}
