namespace SnakeHost.Gateway.CPython;

/// <summary>An interpreter that can be embedded, as it describes itself.</summary>
/// <param name="Executable">What <c>sys.executable</c> says; its place tells the interpreter its prefix, or its venv.</param>
/// <param name="Version">For example 3.11.7.</param>
/// <param name="Flags"><c>sys.abiflags</c>, which names builds that need extensions of their own.</param>
/// <param name="Library">The shared library, an absolute path; null when this process is the interpreter's own.</param>
internal sealed record PythonInstallation(string Executable, Version Version, string Flags, string? Library)
{
    public string Describe() => Describe(Version, Flags);

    /// <summary>As its program is called: Python 3.13, Python 3.13d.</summary>
    public static string Describe(Version version, string flags) => $"Python {version.Major}.{version.Minor}{flags}";
}
