using System.Text.Json;

namespace SnakeHost.Gateway.Apps;

/// <summary>Reads what the Python half's <c>describe</c> says of an exception.</summary>
internal static class PythonErrorJson
{
    /// <summary>Parses <c>{type, message, traceback, file, line, frames: [{file, line, function, source, context: [{number, text}], isTenantCode}]}</c>.</summary>
    /// <exception cref="JsonException">The text is not of that shape.</exception>
    public static PythonError Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        var error = PythonJson.Read(json, PythonErrorJsonContext.Default.PythonError);
        // Missing members arrive as null whatever the annotations say; an error's description must never be the next error.
        return error with
        {
            Type = string.IsNullOrEmpty(error.Type) ? "Exception" : error.Type,
            Message = error.Message ?? "",
            Traceback = error.Traceback ?? "",
            Line = error.Line > 0 ? error.Line : null,
            Frames = [.. (error.Frames ?? []).Where(frame => frame is not null).Select(Complete)],
        };
    }

    private static PythonFrame Complete(PythonFrame frame) => frame with
    {
        File = frame.File ?? "<unknown>",
        Function = frame.Function ?? "<unknown>",
        Context = [.. (frame.Context ?? []).Where(line => line is not null).Select(line => line with { Text = line.Text ?? "" })],
    };
}
