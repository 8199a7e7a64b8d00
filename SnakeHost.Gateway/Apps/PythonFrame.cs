namespace SnakeHost.Gateway.Apps;

/// <summary>One frame of a Python traceback.</summary>
/// <param name="File"><c>co_filename</c>: a path, or a name such as <c>&lt;string&gt;</c>.</param>
/// <param name="Line">From 1; 0 when Python does not know it.</param>
/// <param name="Function">The name that tracebacks show: <c>&lt;module&gt;</c> for a module's body.</param>
/// <param name="Source">The line itself; <see langword="null"/> when the source is not to be had.</param>
/// <param name="Context">The lines around and including <paramref name="Line"/>; may be empty.</param>
/// <param name="IsTenantCode">Whether the file belongs to the tenant's own directory, not to a library.</param>
internal sealed record PythonFrame(string File, int Line, string Function, string? Source, IReadOnlyList<PythonSourceLine> Context, bool IsTenantCode);
