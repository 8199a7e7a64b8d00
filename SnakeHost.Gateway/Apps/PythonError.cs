namespace SnakeHost.Gateway.Apps;

/// <summary>What Python raised, as data: it outlives the exception object and may be kept, shown and logged without the GIL.</summary>
/// <param name="Type">The exception's class; with its module when that is not <c>builtins</c>: <c>sqlite3.OperationalError</c>.</param>
/// <param name="Message"><c>str(exception)</c>; may be empty.</param>
/// <param name="Traceback">The text that Python itself would print, chained exceptions included.</param>
/// <param name="File">The file to look at first: the tenant's innermost frame, or the culprit of a <c>SyntaxError</c>.</param>
/// <param name="Line">The line in <paramref name="File"/>, from 1.</param>
/// <param name="Frames">Outermost first, as in a traceback.</param>
/// <param name="Hint">What to do about it, where that is not to be seen from the message; null for most.</param>
/// <param name="NeedsProcess">What the app does that it can only do in a process of its own, as far as it may have one; null when that is not it.</param>
internal sealed record PythonError(string Type, string Message, string Traceback, string? File, int? Line, IReadOnlyList<PythonFrame> Frames, string? Hint = null, string? NeedsProcess = null);
