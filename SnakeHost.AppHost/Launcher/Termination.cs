using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SnakeHost.AppHost;

/// <summary>Asks a process to end in order.</summary>
internal static class Termination
{
    private const int SigTerm = 15;

    /// <summary>Sends SIGTERM; on Windows, which has none, lets go of the lifeline.</summary>
    public static void Request(Process process)
    {
        if (OperatingSystem.IsWindows())
            process.StandardInput.Close();
        else if (!process.HasExited)
            _ = Kill(process.Id, SigTerm);
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int processId, int signal);
}
