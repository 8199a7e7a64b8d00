namespace SnakeHost.Gateway.Configuration;

/// <summary>Whether a route's apps are loaded with a debugger from the start.</summary>
[Shorthand(nameof(Enabled))]
internal sealed class DebuggerOptions
{
    public bool Enabled { get; set; }

    /// <summary>Where editors attach, on loopback; 0 for the first free port from 5678 on.</summary>
    [WholeNumber(0, ushort.MaxValue)]
    public int Port { get; set; }

    /// <summary>Nothing is loaded before an editor has attached.</summary>
    public bool Wait { get; set; }
}
