namespace SnakeHost.Gateway.Apps;

/// <summary>A line of source, numbered from 1, without its line end.</summary>
internal sealed record PythonSourceLine(int Number, string Text);
