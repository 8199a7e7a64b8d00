using System.Runtime.InteropServices;
using SnakeHost.Gateway.Interop;

namespace SnakeHost.Gateway.Telemetry;

/// <summary>Writes to a descriptor that others share. .NET's stream of the console holds the lock of <see cref="Console.Out"/> for as long as a write takes.</summary>
internal static class StandardStream
{
    private const int Interrupted = 4, WouldBlock = 11; // EINTR, EAGAIN

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(10);

    /// <summary>Waits as long as the reader lets it; what cannot be written is lost.</summary>
    /// <param name="descriptor">1 or 2.</param>
    /// <param name="bytes">Whole lines.</param>
    public static unsafe void Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            nint written;
            fixed (byte* start = bytes)
                written = LibC.Write(descriptor, start, bytes.Length);
            if (written >= 0)
                bytes = bytes[(int)written..];
            else if (Marshal.GetLastPInvokeError() == WouldBlock)
                Thread.Sleep(s_pause);
            else if (Marshal.GetLastPInvokeError() != Interrupted)
                return;
        }
    }
}
