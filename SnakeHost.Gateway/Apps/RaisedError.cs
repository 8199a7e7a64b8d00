namespace SnakeHost.Gateway.Apps;

/// <summary>An exception of an app's of which its framework has made an answer: <see cref="PythonError"/> without what only a page shows.</summary>
internal sealed record RaisedError(string Type, string Message, string Traceback);
