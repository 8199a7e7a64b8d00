namespace SnakeHost.Gateway.Apps;

/// <summary>There is no profile; the message is a sentence that says why.</summary>
internal sealed class NoProfileException(string message) : Exception(message);
