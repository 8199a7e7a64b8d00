using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using SnakeHost.Gateway.Interop;

namespace SnakeHost.Gateway.Listening;

/// <summary>The memory between sockets and requests, in blocks larger than Kestrel's own of 4 KiB.</summary>
/// <remarks>
/// Kestrel takes from a socket at once what a block holds: by 4 KiB, a megabyte is 256 system calls. Of a block that carries little, the
/// rest is never touched and takes no memory from the machine, though .NET counts it as its own; an idle connection has none. As long as fewer blocks are needed than
/// there are, half of those too many at a time are left to the garbage collector. That may come for them much later, so their memory goes back to the system at once.
/// Kestrel's own metrics of its pool are silent.
/// </remarks>
internal sealed class SocketMemory : MemoryPool<byte>
{
    private const int BlockSize = 32 * 1024;

    private const int DontNeed = 4; // MADV_DONTNEED of <sys/mman.h>

    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(10);

    // The last one that came back is the next to go out: the processor may still have it in its cache.
    private readonly ConcurrentStack<Block> _free = new();
    private readonly Timer _trimming;
    private int _count;
    private int _fewest;

    public SocketMemory() => _trimming = new Timer(static pool => ((SocketMemory)pool!).Trim(), this, s_interval, s_interval);

    public override int MaxBufferSize => BlockSize;

    /// <summary>Blocks that nobody uses.</summary>
    internal int Free => Volatile.Read(ref _count);

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockSize);
        if (!_free.TryPop(out var block))
            block = new Block(this);
        else
            CountDown();
        block.Take();
        return block;
    }

    /// <summary>Lets go of half as many blocks as were free all the time since it was last called.</summary>
    internal void Trim()
    {
        for (var surplus = (_fewest + 1) / 2; surplus > 0 && _free.TryPop(out var block); surplus--)
        {
            Interlocked.Decrement(ref _count);
            block.Empty();
        }

        Volatile.Write(ref _fewest, Free);
    }

    protected override void Dispose(bool disposing) => _trimming.Dispose();

    private void CountDown()
    {
        var left = Interlocked.Decrement(ref _count);
        if (left < Volatile.Read(ref _fewest))
            Volatile.Write(ref _fewest, left);
    }

    private void Return(Block block)
    {
        Interlocked.Increment(ref _count);
        _free.Push(block);
    }

    private sealed class Block(SocketMemory pool) : IMemoryOwner<byte>
    {
        private int _isTaken;

        // Pinned: the kernel reads and writes it, and pinning for each call costs more.
        public Memory<byte> Memory { get; } = MemoryMarshal.CreateFromPinnedArray(GC.AllocateUninitializedArray<byte>(BlockSize, pinned: true), 0, BlockSize);

        /// <summary>Lets the system have the pages that lie within; what was in them is lost.</summary>
        public unsafe void Empty()
        {
            fixed (byte* data = Memory.Span)
            {
                var page = (nuint)Environment.SystemPageSize;
                var first = ((nuint)data + page - 1) & ~(page - 1);
                var end = ((nuint)data + BlockSize) & ~(page - 1);
                if (end > first)
                    _ = LibC.Advise(first, end - first, DontNeed);
            }
        }

        public void Take() => Volatile.Write(ref _isTaken, 1);

        /// <summary>A block that came back twice in a row would go out to two connections.</summary>
        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isTaken, 0) == 1)
                pool.Return(this);
        }
    }
}
