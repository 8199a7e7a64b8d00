using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SnakeHost.Gateway.Interop;

/// <summary><c>struct rusage</c> of 64-bit systems.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct ResourceUsage
{
    private readonly nint _userSeconds;
    private readonly nint _userMicroseconds;
    private readonly nint _systemSeconds;
    private readonly nint _systemMicroseconds;
    private readonly Unread _unread;
    public readonly nint VoluntarySwitches;
    private readonly nint _involuntarySwitches;

    public TimeSpan Processor => TimeSpan.FromSeconds(_userSeconds + _systemSeconds) + TimeSpan.FromMicroseconds(_userMicroseconds + _systemMicroseconds);

    /// <summary>From ru_maxrss to ru_nsignals.</summary>
    [InlineArray(12)]
    private struct Unread
    {
        private nint _first;
    }
}
