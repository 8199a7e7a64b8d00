namespace SnakeHost.Gateway.Apps;

/// <summary>The Python stack of a thread, or what a task awaits.</summary>
/// <param name="Kind"><c>thread</c> or <c>task</c>.</param>
/// <param name="Name">Of the thread or task.</param>
/// <param name="Frames">The outermost call first, without the gateway's own.</param>
internal sealed record RunningStack(string Kind, string Name, IReadOnlyList<RunningFrame> Frames)
{
    /// <summary>As a traceback looks.</summary>
    public override string ToString() => string.Join('\n', Frames.Select(frame => frame.ToString()).Prepend($"{Kind} {Name}:"));
}
