using System.Runtime.InteropServices;

namespace SnakeHost.Gateway.Interop;

/// <summary><c>struct rlimit</c> of 64-bit systems.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct ResourceLimit
{
    public readonly ulong Soft;
    public readonly ulong Hard;
}
