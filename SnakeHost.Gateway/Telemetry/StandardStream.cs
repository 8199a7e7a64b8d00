using System.Runtime.InteropServices;
using SnakeHost.Gateway.Interop;

namespace SnakeHost.Gateway.Telemetry;

/// <summary>Writes to a descriptor that others share. .NET's stream of the console holds the lock of <see cref="Console.Out"/> for as long as a write takes.</summary>
internal static class StandardStream
{
    private const int Interrupted = 4, WouldBlock = 11; // EINTR, EAGAIN

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(10);

    /// <summary>What a write to a pipe may hold for the kernel not to put another process's in between (PIPE_BUF, pipe(7)).</summary>
    private const int Whole = 4096;

    /// <summary>As <see cref="Write"/>, for a stream that other processes write to as well: no line is torn that need not be.</summary>
    public static void WriteLines(int descriptor, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var length = bytes.Length;
            if (length > Whole)
            {
                var end = bytes[..Whole].LastIndexOf((byte)'\n');
                if (end < 0)
                    end = bytes.IndexOf((byte)'\n');
                length = end < 0 ? length : end + 1;
            }

            Write(descriptor, bytes[..length]);
            bytes = bytes[length..];
        }
    }

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
