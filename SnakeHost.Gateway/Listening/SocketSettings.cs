namespace SnakeHost.Gateway.Listening;

/// <summary>A setting of System.Net.Sockets, which only the environment can give. Python has an environment of its own.</summary>
internal static class SocketSettings
{
    private const string InlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>
    /// What waits for a socket goes on in the thread that watches it; where it must not stay there, Kestrel takes it elsewhere (<see cref="KestrelSettings"/>).
    /// Before the first socket or pipe of the process, with which the setting is read.
    /// </summary>
    public static void Apply()
    {
        if (Environment.GetEnvironmentVariable(InlineCompletions) is null)
            Environment.SetEnvironmentVariable(InlineCompletions, "1");
    }
}
