namespace SnakeHost.Gateway.Apps;

/// <summary>A function of a profile.</summary>
/// <param name="Function">Its name, with its class's where Python tells it; in parentheses what is none.</param>
/// <param name="File">Empty for what is none.</param>
/// <param name="Line">Its first.</param>
internal sealed record ProfileFrame(string Function, string File, int Line);
