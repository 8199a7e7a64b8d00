namespace SnakeHost.Gateway.CPython;

/// <summary>There is no interpreter that can be embedded. The message is one sentence with the remedy.</summary>
internal sealed class PythonUnavailableException(string message) : Exception(message);
