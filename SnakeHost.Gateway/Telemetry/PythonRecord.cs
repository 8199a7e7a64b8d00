namespace SnakeHost.Gateway.Telemetry;

/// <summary>A record of Python's <c>logging</c>.</summary>
/// <param name="Generation">As <c>notes#2</c>.</param>
/// <param name="Level">10 to 50, or any other number.</param>
/// <param name="Text">What the app's own handler would have written.</param>
/// <param name="Message">The message alone.</param>
/// <param name="ExceptionType">With <c>exc_info</c>: the class, with its module.</param>
/// <param name="ExceptionMessage">With <c>exc_info</c>: <c>str(exception)</c>.</param>
/// <param name="ExceptionStackTrace">With <c>exc_info</c>: Python's traceback.</param>
/// <param name="File">Where it was logged.</param>
/// <param name="Line">Where in the file.</param>
/// <param name="TraceParent">The span that the code belongs to, or null.</param>
internal sealed record PythonRecord(
    string Generation,
    long Level,
    string Logger,
    string Text,
    string Message,
    string? ExceptionType,
    string? ExceptionMessage,
    string? ExceptionStackTrace,
    string File,
    long Line,
    string Function,
    string? TraceParent);
