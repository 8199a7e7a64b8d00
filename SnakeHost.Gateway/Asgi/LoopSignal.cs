using System.Runtime.InteropServices;
using SnakeHost.Gateway.Interop;

namespace SnakeHost.Gateway.Asgi;

/// <summary>A descriptor that an event loop can watch: an eventfd.</summary>
internal sealed unsafe class LoopSignal : IDisposable
{
    private readonly Lock _gate = new();

    public LoopSignal()
    {
        Descriptor = LibC.EventFd(0, LibC.NonBlocking | LibC.CloseOnExec);
        if (Descriptor < 0)
            throw new IOException($"No descriptor for an event loop (error {Marshal.GetLastPInvokeError()}): the process has too many files open.");
    }

    public int Descriptor { get; private set; }

    public void Set()
    {
        // The lock is between this and Dispose: a descriptor that has been closed may be somebody else's by now.
        lock (_gate)
        {
            ulong one = 1;
            if (Descriptor >= 0)
                _ = LibC.Write(Descriptor, &one, sizeof(ulong));
        }
    }

    /// <summary>Takes what has been written. Never blocks.</summary>
    public void Reset()
    {
        ulong written;
        if (Descriptor >= 0)
            _ = LibC.Read(Descriptor, &written, sizeof(ulong));
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (Descriptor >= 0)
                _ = LibC.Close(Descriptor);
            Descriptor = -1;
        }
    }
}
