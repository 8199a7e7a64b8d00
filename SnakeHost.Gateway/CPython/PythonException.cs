namespace SnakeHost.Gateway.CPython;

/// <summary>A Python exception that reached .NET. It keeps the exception object, so it can go back to Python unchanged.</summary>
internal sealed unsafe class PythonException : Exception
{
    private const int LongestText = 16 * 1024;

    private PythonException(string type, string message, PyHandle exception)
        : base(message.Length == 0 ? type : $"{type}: {message}") => Exception = exception;

    /// <summary>The exception object itself.</summary>
    public PyHandle Exception { get; }

    /// <summary>Takes the current exception off the interpreter. The GIL is held and an exception is set.</summary>
    public static PythonException Fetch()
    {
        nint type, value, traceback;
        CPythonApi.PyErr_Fetch(&type, &value, &traceback);
        if (type == 0)
            throw new InvalidOperationException("A function of the C API reported an exception but set none.");
        CPythonApi.PyErr_NormalizeException(&type, &value, &traceback);
        if (traceback != 0)
            _ = CPythonApi.PyException_SetTraceback(value, traceback);
        new PyOwned(type).Dispose();
        new PyOwned(traceback).Dispose();

        var exception = new PyOwned(value).Keep();
        return new PythonException(TypeName(exception), Text(exception), exception);
    }

    /// <summary>Sets this exception in the interpreter again, for a native function that fails.</summary>
    public void Restore()
    {
        var exception = Exception.Value.Own();
        CPythonApi.PyErr_Restore(CPythonApi.PyObject_Type(exception.Pointer), exception.Pointer, 0);
    }

    private static string TypeName(PyBorrowed exception)
    {
        try
        {
            using var type = new PyOwned(CPythonApi.PyObject_Type(exception.Pointer));
            using var name = type.Attribute("__name__");
            return name.ToString();
        }
        catch (PythonException)
        {
            return "Exception";
        }
    }

    /// <summary>What <c>str(exception)</c> gives, or the beginning of it.</summary>
    private static string Text(PyBorrowed exception)
    {
        // __str__ is the app's code: it may fail, or give a lone surrogate.
        var text = CPythonApi.PyObject_Str(exception.Pointer);
        if (text != 0)
        {
            using var owned = new PyOwned(text);
            nint length;
            var utf8 = CPythonApi.PyUnicode_AsUTF8AndSize(text, &length);
            if (utf8 is not null)
                return System.Text.Encoding.UTF8.GetString(utf8, (int)Math.Min(length, LongestText));
        }

        CPythonApi.PyErr_Clear();
        return "<exception str() failed>";
    }
}
