namespace SnakeHost.Gateway.Configuration;

/// <summary>The interpreter that every app shares.</summary>
internal sealed class PythonOptions
{
    public const string ExecutableKey = $"{OptionsReader.Section}:Python:{nameof(Executable)}";

    /// <summary>A command on the PATH or a path. By default the interpreter that the gateway was begun with (<c>gateway.py</c>), if it was.</summary>
    public string Executable { get; set; } = AppContext.GetData("SnakeHost.Executable") as string ?? "python3";

    /// <summary>Whether its shared library is used, or the program itself.</summary>
    public Embedding Embedding { get; set; } = Embedding.Auto;

    /// <summary>Whether the threads that run Python keep to one processor.</summary>
    public Affinity Affinity { get; set; } = Affinity.Auto;
}
