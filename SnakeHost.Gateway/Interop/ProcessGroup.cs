namespace SnakeHost.Gateway.Interop;

/// <summary>The process group of a process that another one of ours has started.</summary>
internal static class ProcessGroup
{
    /// <summary>SIGTTOU and SIG_IGN.</summary>
    private const int WritesFromBackground = 22, Ignored = 1;

    /// <summary>Gives this process a group of its own: a terminal's Ctrl-C, and its end, are the business of who has started it; and what apps start can be ended with it.</summary>
    public static void Begin()
    {
        _ = LibC.SetProcessGroup(0, 0);
        // A terminal after `stty tostop` would stop it for what it prints.
        _ = LibC.Handle(WritesFromBackground, Ignored);
    }
}
