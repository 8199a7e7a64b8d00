using System.Runtime.InteropServices;

namespace SnakeHost.Gateway.Listening;

/// <summary>How many files and sockets the process may have open. .NET ends a process, and with it all apps, that has none left for a thread it needs.</summary>
internal static partial class DescriptorLimit
{
    /// <summary>With fewer, a gateway of some apps has few left for clients.</summary>
    public const long Few = 2048;

    /// <summary>For what .NET and Python have open (some 250), and for the apps' own files, pipes and connections.</summary>
    private const long Reserve = 512;

    /// <summary>Null when there is none, or it is not known. .NET has raised the soft limit to the hard one when it started.</summary>
    public static long? Value
    {
        get
        {
            const int Linux = 7, Mac = 8; // RLIMIT_NOFILE
            if (OperatingSystem.IsWindows() || GetLimit(OperatingSystem.IsLinux() ? Linux : Mac, out var limit) != 0)
                return null;
            return limit.Soft > int.MaxValue ? null : (long)limit.Soft;
        }
    }

    /// <summary>How many connections leave enough for all else.</summary>
    public static int? Connections(long? descriptors) => descriptors is { } most ? (int)Math.Max(most - Reserve, most / 4) : null;

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetLimit(int resource, out Limit limit);

    /// <summary><c>struct rlimit</c> of 64-bit systems.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Limit
    {
        public readonly ulong Soft;
        public readonly ulong Hard;
    }
}
