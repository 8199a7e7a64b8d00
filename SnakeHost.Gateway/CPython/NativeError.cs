namespace SnakeHost.Gateway.CPython;

/// <summary>Thrown by a native function to raise a built-in exception in Python, with a sentence for the app's author.</summary>
internal sealed class NativeError : Exception
{
    private NativeError(string exportedName, string message)
        : base(message) => ExportedName = exportedName;

    /// <summary>The variable of the C API that holds the class, say <c>PyExc_ValueError</c>.</summary>
    public string ExportedName { get; }

    public static NativeError Value(string message) => new("PyExc_ValueError", message);

    public static NativeError Type(string message) => new("PyExc_TypeError", message);

    public static NativeError Import(string message) => new("PyExc_ImportError", message);

    public static NativeError Os(string message) => new("PyExc_OSError", message);

    public static NativeError Runtime(string message) => new("PyExc_RuntimeError", message);

    /// <summary>Sets the exception in the interpreter. The GIL is held.</summary>
    internal unsafe void Raise() => CPythonApi.PyErr_SetString(*(nint*)CPythonApi.Export(ExportedName), Message);
}
