using System.Runtime.InteropServices;

namespace SnakeHost.ServiceDefaults;

/// <summary>The threads that the SDK exports on: requests go first.</summary>
/// <remarks>A batch of 512 spans keeps a processor busy for a millisecond or two; on a machine whose processors all have something to do, an app would wait for it.</remarks>
internal static partial class ExportThread
{
    private const int LowestPriority = 19;

    [ThreadStatic]
    private static bool s_yields;

    /// <summary>From now on the calling thread gets what the others leave it. Linux only: elsewhere a nice value is the whole process's.</summary>
    public static void YieldToOthers()
    {
        if (s_yields || !OperatingSystem.IsLinux())
            return;
        s_yields = true;
        // PRIO_PROCESS and 0: on Linux that is the thread. A system that refuses leaves it as it is.
        _ = SetPriority(0, 0, LowestPriority);
    }

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, int who, int priority);
}
