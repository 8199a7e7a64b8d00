using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Gateway.Runtime;

/// <summary>What <c>snakehost/streams.py</c> and <c>snakehost/logs.py</c> call; see <c>install</c> in <c>snakehost/__init__.py</c>.</summary>
internal static class RuntimeOutput
{
    public static NativeFunction WriteLine(IAppOutput output) => new("write_line", arguments =>
    {
        output.WriteLine(arguments[0].ToString(), arguments[1].ToString(), arguments[2].ToString(), Text(arguments[3]));
        return PyBorrowed.None.Own();
    });

    public static NativeFunction WriteRecord(IAppOutput output) => new("write_record", arguments =>
    {
        output.WriteRecord(new PythonRecord(
            Generation: arguments[0].ToString(),
            Level: arguments[1].ToInt64(),
            Logger: arguments[2].ToString(),
            Text: arguments[3].ToString(),
            Message: arguments[4].ToString(),
            ExceptionType: Text(arguments[5]),
            ExceptionMessage: Text(arguments[6]),
            ExceptionStackTrace: Text(arguments[7]),
            File: arguments[8].ToString(),
            Line: arguments[9].ToInt64(),
            Function: arguments[10].ToString(),
            TraceParent: Text(arguments[11])));
        return PyBorrowed.None.Own();
    });

    private static string? Text(PyBorrowed value) => value.IsNone ? null : value.ToString();
}
