namespace SnakeHost.Gateway.CPython;

/// <summary>
/// A reference that this scope owns: <c>using</c> gives it back. It cannot be stored in a field or captured, so it cannot be
/// forgotten there; a method that takes a <see cref="PyOwned"/> takes the reference over.
/// </summary>
internal readonly ref struct PyOwned : IDisposable
{
    internal PyOwned(nint pointer) => Pointer = pointer;

    internal nint Pointer { get; }

    public bool IsNone => Pointer == CPythonApi.NoneObject;

    public static implicit operator PyBorrowed(PyOwned owned) => new(owned.Pointer);

    /// <summary>The result of a C function that returns null when it has set an exception.</summary>
    /// <exception cref="PythonException">The exception that was set.</exception>
    internal static PyOwned Checked(nint pointer) => pointer != 0 ? new(pointer) : throw PythonException.Fetch();

    public PyBorrowed Borrow() => new(Pointer);

    /// <summary>Moves the reference into an object that can be kept in a field.</summary>
    public PyHandle Keep() => new(this);

    public PyOwned Attribute(string name) => Borrow().Attribute(name);

    public PyOwned Call(params ReadOnlySpan<PyBorrowed> arguments) => Borrow().Call(arguments);

    public override string ToString() => Borrow().ToString();

    public void Dispose()
    {
        if (Pointer != 0)
            CPythonApi.Py_DecRef(Pointer);
    }
}
