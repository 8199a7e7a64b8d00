using System.Buffers;
using System.ComponentModel;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SnakeHost.Gateway.Asgi;

/// <summary>A part of an open file, to be sent as it is.</summary>
internal sealed partial class FilePart : IDisposable
{
    private const int Block = 64 * 1024;

    // <fcntl.h>; the same on Linux and macOS but for the last.
    private static readonly int s_duplicateCloseOnExec = OperatingSystem.IsMacOS() ? 67 : 1030;

    private readonly SafeFileHandle _file;
    private long _offset;
    private long _count;

    private FilePart(SafeFileHandle file, long offset, long count)
    {
        _file = file;
        _offset = offset;
        _count = count;
    }

    /// <summary>Keeps the file open by a descriptor of its own.</summary>
    /// <param name="descriptor">The app's, which stays the app's to close.</param>
    /// <param name="offset">In bytes.</param>
    /// <param name="count">In bytes.</param>
    /// <exception cref="CPython.NativeError">The descriptor is not open.</exception>
    public static FilePart Duplicate(int descriptor, long offset, long count)
    {
        var copy = FileControl(descriptor, s_duplicateCloseOnExec, 0);
        return copy >= 0
            ? new FilePart(new SafeFileHandle(copy, ownsHandle: true), offset, count)
            : throw CPython.NativeError.Os($"The file cannot be sent: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}.");
    }

    /// <summary>False when the reader of the pipe is gone.</summary>
    /// <exception cref="EndOfStreamException">The file has become shorter than the part.</exception>
    public async Task<bool> CopyToAsync(PipeWriter writer, CancellationToken cancellationToken)
    {
        while (_count > 0)
        {
            var memory = writer.GetMemory((int)Math.Min(_count, Block));
            var read = await RandomAccess.ReadAsync(_file, memory[..(int)Math.Min(_count, memory.Length)], _offset, cancellationToken);
            if (read == 0)
                throw new EndOfStreamException($"The file that was to be sent has become {_count} bytes shorter.");
            writer.Advance(read);
            _offset += read;
            _count -= read;
            if ((await writer.FlushAsync(cancellationToken)).IsCompleted)
                return false;
        }

        return true;
    }

    public void Dispose() => _file.Dispose();

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int FileControl(int descriptor, int command, int argument);
}
