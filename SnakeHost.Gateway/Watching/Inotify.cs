using System.Runtime.InteropServices;
using SnakeHost.Gateway.Interop;

namespace SnakeHost.Gateway.Watching;

/// <summary>
/// inotify(7) of Linux by P/Invoke: .NET's FileSystemWatcher delivers on a thread of its own and cannot be asked whether it has
/// delivered everything that happened before now.
/// </summary>
internal sealed unsafe class Inotify : IDisposable
{
    /// <summary>Errors of <see cref="Add"/> and <see cref="Open"/>, from errno.h.</summary>
    public const int TooManyFiles = 24, NoSpace = 28;

    // <poll.h>, <asm-generic/ioctls.h>
    private const ulong PendingBytes = 0x541B;
    private const short ReadyToRead = 1;

    private readonly int _stop;
    private readonly int _descriptor;

    private Inotify(int descriptor, int stop)
    {
        _descriptor = descriptor;
        _stop = stop;
    }

    /// <summary>Whether events wait to be read.</summary>
    public bool HasEvents => LibC.Control(_descriptor, PendingBytes, out var pending) != 0 || pending > 0;

    /// <summary>Null, and why, when the system refuses.</summary>
    public static Inotify? Open(out int error)
    {
        error = 0;
        var descriptor = LibC.InotifyInit(LibC.NonBlocking | LibC.CloseOnExec);
        if (descriptor < 0)
        {
            error = Marshal.GetLastPInvokeError();
            return null;
        }

        var stop = LibC.EventFd(0, LibC.NonBlocking | LibC.CloseOnExec);
        if (stop >= 0)
            return new Inotify(descriptor, stop);
        error = Marshal.GetLastPInvokeError();
        _ = LibC.Close(descriptor);
        return null;
    }

    /// <summary>Watches a directory; the same one again adds to what is watched.</summary>
    /// <returns>The number of the watch, or a negative error.</returns>
    public int Add(string directory, InotifyEvents events)
    {
        var watch = LibC.InotifyAddWatch(_descriptor, directory, (uint)events);
        return watch >= 0 ? watch : -Marshal.GetLastPInvokeError();
    }

    public void Remove(int watch) => _ = LibC.InotifyRemoveWatch(_descriptor, watch);

    /// <summary>Whole events, as many as fit; 0 when there are none.</summary>
    public int Read(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
            return Math.Max(0, (int)LibC.Read(_descriptor, start, buffer.Length));
    }

    /// <summary>Blocks until there are events; false once stopped.</summary>
    public bool Wait()
    {
        var entries = stackalloc PollEntry[] { new(_descriptor, ReadyToRead), new(_stop, ReadyToRead) };
        while (LibC.Poll(entries, 2, -1) < 0)
        {
            // EINTR
        }

        return entries[1].Returned == 0;
    }

    /// <summary>Ends <see cref="Wait"/> for good.</summary>
    public void Stop()
    {
        ulong one = 1;
        _ = LibC.Write(_stop, &one, sizeof(ulong));
    }

    /// <summary>What may still be called then is <see cref="HasEvents"/>, which harms no file that gets the number next.</summary>
    public void Dispose()
    {
        _ = LibC.Close(_descriptor);
        _ = LibC.Close(_stop);
    }
}
