using SnakeHost.Gateway.Interop;

namespace SnakeHost.Gateway.Listening;

/// <summary>How many files and sockets the process may have open. .NET ends a process, and with it all apps, that has none left for a thread it needs.</summary>
internal static class DescriptorLimit
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
            const int OpenFiles = 7; // RLIMIT_NOFILE
            return LibC.GetLimit(OpenFiles, out var limit) != 0 || limit.Soft > int.MaxValue ? null : (long)limit.Soft;
        }
    }

    /// <summary>How many connections leave enough for all else.</summary>
    public static int? Connections(long? descriptors) => descriptors is { } most ? (int)Math.Max(most - Reserve, most / 4) : null;
}
