namespace SnakeHost.Gateway.CPython;

/// <summary>A reference owned by a .NET object. Its owner disposes of it, on a thread that holds the GIL.</summary>
/// <remarks>
/// A handle that is dropped instead is not lost: its finaliser, which must not wait for the GIL, leaves the reference to a thread that may
/// (<see cref="DeferredDecRefs"/>).
/// </remarks>
internal sealed class PyHandle : IDisposable
{
    private nint _pointer;

    internal PyHandle(PyOwned reference) => _pointer = reference.Pointer;

    ~PyHandle()
    {
        if (_pointer != 0)
            DeferredDecRefs.Add(_pointer);
    }

    public PyBorrowed Value
    {
        get
        {
            ObjectDisposedException.ThrowIf(_pointer == 0, this);
            return new PyBorrowed(_pointer);
        }
    }

    public static implicit operator PyBorrowed(PyHandle handle) => handle.Value;

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        var pointer = Interlocked.Exchange(ref _pointer, 0);
        if (pointer != 0)
            CPythonApi.Py_DecRef(pointer);
    }
}
