namespace SnakeHost.Gateway.Configuration;

/// <summary>How the interpreter and the gateway come to be one process.</summary>
internal enum Embedding
{
    /// <summary>As <see cref="Executable"/> where that can be done and nobody watches the gateway's own code; else as <see cref="Library"/>.</summary>
    Auto,

    /// <summary>The gateway loads the interpreter's shared library.</summary>
    Library,

    /// <summary>The gateway runs inside the interpreter's executable, which contains the interpreter. Linux only.</summary>
    Executable,
}
