using System.Buffers;
using SnakeHost.Gateway.CPython;

namespace SnakeHost.Gateway.Apps;

/// <summary>A <c>bytes</c> object as .NET's memory, which is only to be read. It is whoever made it that disposes of the object.</summary>
internal sealed unsafe class BytesMemory(PyBytes bytes) : MemoryManager<byte>
{
    public override Span<byte> GetSpan()
    {
        var span = bytes.Span;
        fixed (byte* first = span)
            return new Span<byte>(first, span.Length);
    }

    /// <summary>It never moves.</summary>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        fixed (byte* first = bytes.Span)
            return new MemoryHandle(first + elementIndex);
    }

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
