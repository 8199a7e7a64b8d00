using System.Runtime.InteropServices;

namespace SnakeHost.Gateway.Reload;

/// <summary>
/// inotify(7) of Linux by P/Invoke: .NET's FileSystemWatcher delivers on a thread of its own and cannot be asked whether it has
/// delivered everything that happened before now.
/// </summary>
internal sealed partial class Inotify : IDisposable
{
    /// <summary>Errors of <see cref="Add"/> and <see cref="Open"/>, from errno.h.</summary>
    public const int TooManyFiles = 24, NoSpace = 28;

    // <sys/inotify.h>, <sys/eventfd.h>, <poll.h>, <asm-generic/ioctls.h>
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
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
    public bool HasEvents => Control(_descriptor, PendingBytes, out var pending) != 0 || pending > 0;

    /// <summary>Null, and why, when the system refuses.</summary>
    public static Inotify? Open(out int error)
    {
        error = 0;
        var descriptor = Initialize(NonBlocking | CloseOnExec);
        if (descriptor < 0)
        {
            error = Marshal.GetLastPInvokeError();
            return null;
        }

        var stop = EventFd(0, NonBlocking | CloseOnExec);
        if (stop >= 0)
            return new Inotify(descriptor, stop);
        error = Marshal.GetLastPInvokeError();
        _ = Close(descriptor);
        return null;
    }

    /// <summary>Watches a directory; the same one again adds to what is watched.</summary>
    /// <returns>The number of the watch, or a negative error.</returns>
    public int Add(string directory, InotifyEvents events)
    {
        var watch = AddWatch(_descriptor, directory, (uint)events);
        return watch >= 0 ? watch : -Marshal.GetLastPInvokeError();
    }

    public void Remove(int watch) => _ = RemoveWatch(_descriptor, watch);

    /// <summary>Whole events, as many as fit; 0 when there are none.</summary>
    public int Read(Span<byte> buffer) => Math.Max(0, (int)Read(_descriptor, ref MemoryMarshal.GetReference(buffer), buffer.Length));

    /// <summary>Blocks until there are events; false once stopped.</summary>
    public bool Wait()
    {
        Span<PollEntry> entries = [new(_descriptor, ReadyToRead), new(_stop, ReadyToRead)];
        while (Poll(ref MemoryMarshal.GetReference(entries), 2, -1) < 0)
        {
            // EINTR
        }

        return entries[1].Returned == 0;
    }

    /// <summary>Ends <see cref="Wait"/> for good.</summary>
    public void Stop()
    {
        ulong one = 1;
        _ = Write(_stop, ref one, sizeof(ulong));
    }

    /// <summary>What may still be called then is <see cref="HasEvents"/>, which harms no file that gets the number next.</summary>
    public void Dispose()
    {
        _ = Close(_descriptor);
        _ = Close(_stop);
    }

    [LibraryImport("libc", EntryPoint = "inotify_init1", SetLastError = true)]
    private static partial int Initialize(int flags);

    [LibraryImport("libc", EntryPoint = "inotify_add_watch", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int AddWatch(int descriptor, string path, uint mask);

    [LibraryImport("libc", EntryPoint = "inotify_rm_watch")]
    private static partial int RemoveWatch(int descriptor, int watch);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventFd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll(ref PollEntry entries, ulong count, int timeout);

    // It only reads a counter of the kernel: not worth telling the garbage collector.
    [LibraryImport("libc", EntryPoint = "ioctl")]
    [SuppressGCTransition]
    private static partial int Control(int descriptor, ulong request, out int value);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial long Read(int descriptor, ref byte buffer, long length);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial long Write(int descriptor, ref ulong value, long length);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    /// <summary><c>struct pollfd</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry(int descriptor, short events)
    {
        public int Descriptor = descriptor;
        public short Events = events;
        public short Returned;
    }
}
