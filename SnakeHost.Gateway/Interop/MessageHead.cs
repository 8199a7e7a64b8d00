using System.Runtime.InteropServices;

namespace SnakeHost.Gateway.Interop;

/// <summary><c>struct msghdr</c> of <c>sendmsg(2)</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHead
{
    public void* Name;
    public uint NameLength;
    public MemoryBlock* Blocks;
    public nint BlockCount;
    public void* Control;
    public nint ControlLength;
    public int Flags;
}
