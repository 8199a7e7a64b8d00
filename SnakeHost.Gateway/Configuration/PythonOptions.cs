namespace SnakeHost.Gateway.Configuration;

/// <summary>The interpreter that every app shares.</summary>
internal sealed class PythonOptions
{
    /// <summary>A command on the PATH or a path.</summary>
    public string Executable { get; set; } = "python3";

    /// <summary>Whether its shared library is used, or the program itself.</summary>
    public Embedding Embedding { get; set; } = Embedding.Auto;
}
