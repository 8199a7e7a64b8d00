using System.Runtime.InteropServices;

namespace SnakeHost.Gateway.Interop;

/// <summary><c>struct iovec</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MemoryBlock
{
    public void* Start;
    public nint Length;
}
