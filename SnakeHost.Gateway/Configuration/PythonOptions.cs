namespace SnakeHost.Gateway.Configuration;

/// <summary>The interpreter that every app shares.</summary>
internal sealed class PythonOptions
{
    /// <summary>A command on the PATH or a path; it is asked for its shared library.</summary>
    public string Executable { get; set; } = "python3";
}
