namespace SnakeHost.Gateway.Http;

/// <summary>What Python raised, as data.</summary>
/// <param name="Type">The exception's qualified type name: <c>ModuleNotFoundError</c>.</param>
/// <param name="Message">The exception as text, without its type.</param>
/// <param name="Traceback">The traceback as Python prints it, causes and contexts included.</param>
/// <param name="File">The innermost file of the tenant that is concerned, if any.</param>
/// <param name="Line">The line in <paramref name="File"/>, from 1.</param>
/// <param name="Frames">Outermost call first.</param>
internal sealed record PythonError(string Type, string Message, string Traceback, string? File, int? Line, IReadOnlyList<PythonFrame> Frames);

/// <summary>A frame of a traceback with the source around its line.</summary>
internal sealed record PythonFrame(string File, int Line, string Function, string? Source, IReadOnlyList<PythonSourceLine> Context, bool IsTenantCode);

/// <summary>A line of source, numbered from 1.</summary>
internal sealed record PythonSourceLine(int Number, string Text);
