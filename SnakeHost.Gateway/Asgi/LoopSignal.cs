using System.Runtime.InteropServices;

namespace SnakeHost.Gateway.Asgi;

/// <summary>A descriptor that an event loop can watch: an eventfd on Linux, elsewhere a pipe.</summary>
internal sealed unsafe partial class LoopSignal : IDisposable
{
    // <sys/eventfd.h>, <fcntl.h>
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const int SetStatusFlags = 4;
    private const int MacNonBlocking = 0x4;

    private readonly Lock _gate = new();
    private int _read;
    private int _write;

    public LoopSignal()
    {
        if (OperatingSystem.IsLinux())
        {
            _read = _write = EventFd(0, NonBlocking | CloseOnExec);
        }
        else
        {
            var ends = stackalloc int[2];
            if (Pipe(ends) == 0)
            {
                (_read, _write) = (ends[0], ends[1]);
                _ = FileControl(_read, SetStatusFlags, MacNonBlocking);
                _ = FileControl(_write, SetStatusFlags, MacNonBlocking);
            }
            else
            {
                _read = -1;
            }
        }

        if (_read < 0)
            throw new IOException($"No descriptor for an event loop (error {Marshal.GetLastPInvokeError()}): the process has too many files open.");
    }

    public int Descriptor => _read;

    public void Set()
    {
        // The lock is between this and Dispose: a descriptor that has been closed may be somebody else's by now.
        lock (_gate)
        {
            ulong one = 1;
            if (_write >= 0)
                _ = Write(_write, &one, sizeof(ulong));
        }
    }

    /// <summary>Takes what has been written. Never blocks.</summary>
    public void Reset()
    {
        var buffer = stackalloc byte[512];
        while (_read >= 0 && Read(_read, buffer, 512) == 512)
        {
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_read >= 0)
                _ = Close(_read);
            if (_write >= 0 && _write != _read)
                _ = Close(_write);
            _read = _write = -1;
        }
    }

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventFd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "pipe", SetLastError = true)]
    private static partial int Pipe(int* ends);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int FileControl(int descriptor, int command, int argument);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(int descriptor, void* buffer, nint length);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(int descriptor, void* buffer, nint length);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
