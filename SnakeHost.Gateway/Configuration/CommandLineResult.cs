namespace SnakeHost.Gateway.Configuration;

/// <summary>What the arguments ask for.</summary>
/// <param name="ExitCode">Not null when the program is done: the help, the version or the error has been printed.</param>
/// <param name="HostArguments">Arguments of .NET's own form (<c>--SnakeHost:Root=…</c>, <c>--urls …</c>), for the host's builder.</param>
/// <param name="Settings">What the options stand for, to be added after all other configuration.</param>
/// <param name="Task">Something else than to serve; null for that.</param>
internal sealed record CommandLineResult(int? ExitCode, IReadOnlyList<string> HostArguments, IReadOnlyDictionary<string, string?> Settings, CommandLineTask? Task = null)
{
    public static CommandLineResult Exit(int code) => new(code, [], new Dictionary<string, string?>());
}
