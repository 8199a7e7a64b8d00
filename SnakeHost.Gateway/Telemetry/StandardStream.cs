using System.Runtime.InteropServices;

namespace SnakeHost.Gateway.Telemetry;

/// <summary>Writes to a descriptor that others share. .NET's stream of the console holds the lock of <see cref="Console.Out"/> for as long as a write takes.</summary>
internal static partial class StandardStream
{
    private const int Interrupted = 4, WouldBlock = 11, WouldBlockOnMac = 35; // EINTR, EAGAIN

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(10);

    /// <summary>Waits as long as the reader lets it; what cannot be written is lost.</summary>
    /// <param name="descriptor">1 or 2.</param>
    /// <param name="bytes">Whole lines.</param>
    public static unsafe void Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        if (OperatingSystem.IsWindows())
        {
            WriteToConsole(descriptor, bytes);
            return;
        }

        while (!bytes.IsEmpty)
        {
            nint written;
            fixed (byte* start = bytes)
                written = Write(descriptor, start, bytes.Length);
            if (written >= 0)
                bytes = bytes[(int)written..];
            else if (Marshal.GetLastPInvokeError() is WouldBlock or WouldBlockOnMac)
                Thread.Sleep(s_pause);
            else if (Marshal.GetLastPInvokeError() != Interrupted)
                return;
        }
    }

    private static void WriteToConsole(int descriptor, ReadOnlySpan<byte> bytes)
    {
        using var stream = descriptor == 1 ? Console.OpenStandardOutput() : Console.OpenStandardError();
        try
        {
            stream.Write(bytes);
        }
        catch (IOException)
        {
            // As above.
        }
    }

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial nint Write(int descriptor, byte* bytes, nint count);
}
