namespace SnakeHost.Gateway.Tenants;

/// <summary>A tenant cannot be debugged; the message is a sentence for the user.</summary>
internal sealed class DebuggerException(string message, Exception? innerException = null) : Exception(message, innerException);
