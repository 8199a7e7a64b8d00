namespace SnakeHost.Gateway.CPython;

/// <summary>
/// A reference to a <c>bytes</c> object that is read, and given back, without the GIL: its bytes neither change nor move. Made with the GIL held.
/// </summary>
internal sealed unsafe class PyBytes : IDisposable
{
    private readonly byte* _data;
    private readonly int _length;
    private nint _pointer;

    public PyBytes(PyBorrowed bytes)
    {
        fixed (byte* data = bytes.AsBytes())
            _data = data;
        _length = bytes.AsBytes().Length;
        _pointer = bytes.Own().Pointer;
    }

    ~PyBytes() => Dispose();

    /// <summary>Valid until <see cref="Dispose"/>, and as long as this object.</summary>
    public ReadOnlySpan<byte> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(_pointer == 0, this);
            return new(_data, _length);
        }
    }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        var pointer = Interlocked.Exchange(ref _pointer, 0);
        if (pointer != 0)
            DeferredDecRefs.Add(pointer);
    }
}
