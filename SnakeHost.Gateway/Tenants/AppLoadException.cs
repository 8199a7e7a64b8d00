using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.Tenants;

/// <summary>An app cannot be loaded, and why: what Python raised, or a sentence for the user.</summary>
internal sealed class AppLoadException : Exception
{
    public AppLoadException(PythonError error)
        : base(error.Message.Length == 0 ? error.Type : $"{error.Type}: {error.Message}") => Error = error;

    public AppLoadException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>What the app does that it can only do in a process of its own; null when that is not why.</summary>
    public string? NeedsProcess { get; init; }

    /// <summary>What Python raised; null when Python was not to blame.</summary>
    public PythonError? Error { get; }
}
