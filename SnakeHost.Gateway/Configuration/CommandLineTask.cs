namespace SnakeHost.Gateway.Configuration;

/// <summary>A command of the program that is done at once: <c>doctor</c>, <c>new</c>, <c>sync</c>, <c>completion</c>.</summary>
/// <param name="Name">The command.</param>
/// <param name="Arguments">What it is about, in order.</param>
internal sealed record CommandLineTask(string Name, IReadOnlyList<string> Arguments);
