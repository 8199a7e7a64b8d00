using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Interop;

namespace SnakeHost.Gateway.Listening;

/// <summary>One thread for all of a small machine's public sockets: it reads requests as far as Python takes them over, and sends Python's answers.</summary>
/// <remarks>
/// With two processors, each further thread that a request passes is one that has to be woken, on a processor that another one has just used. A socket is read once when the
/// kernel has told of it; .NET's own watch asks it three times.
/// </remarks>
internal sealed unsafe class SocketThread
{
    /// <summary>EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP, EPOLLRDHUP and EPOLLET.</summary>
    public const uint In = 1, Out = 4, Error = 8, HangUp = 0x10, ReadHangUp = 0x2000, EdgeTriggered = 1u << 31;

    /// <summary>So many processors have it. Beyond that one thread would be too few, and who wakes another costs nobody a turn.</summary>
    private const int MostProcessors = 2;

    private const int MostEvents = 256;

    /// <summary>So many requests are taken up before Python is told of them.</summary>
    private const int Batch = 8;

    private const int MostWaiting = 64;
    private const int PauseNanoseconds = 200_000;
    private const int RestNanoseconds = 150_000;

    // struct epoll_event is packed on x86-64 only.
    private static readonly int s_dataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    [ThreadStatic]
    private static SocketThread? s_own;

    /// <summary>Python has so much to do that nothing is lost while this thread rests: 300 µs.</summary>
    private static readonly long s_enough = Stopwatch.Frequency * 3 / 10_000;

    private readonly ConcurrentDictionary<long, WatchedConnection> _connections = new();
    private readonly ConcurrentQueue<IThreadPoolWorkItem> _work = new();
    private readonly List<Action> _atEnd = [];
    private readonly int _epoll, _wake;
    private long _last;
    private int _isAwake = 1;

    private SocketThread()
    {
        _epoll = LibC.EpollCreate(LibC.CloseOnExec);
        _wake = LibC.EventFd(0, LibC.NonBlocking | LibC.CloseOnExec);
        if (_epoll < 0 || _wake < 0)
            throw new IOException($"No descriptor to watch sockets by (error {Marshal.GetLastPInvokeError()}).");
        var entry = Entry(In | EdgeTriggered, 0);
        if (LibC.EpollControl(_epoll, LibC.EpollAdd, _wake, &entry) != 0)
            throw new IOException($"A descriptor cannot be watched (error {Marshal.GetLastPInvokeError()}).");
    }

    /// <summary>Null where the machine has more processors.</summary>
    public static SocketThread? Current { get; private set; }

    /// <summary>The one whose thread this is.</summary>
    public static SocketThread? Own => s_own;

    /// <summary>How many answers are to come soon.</summary>
    public static Func<int> Expected { get; set; } = static () => 0;

    /// <summary>Where a look at the disk may lie on the way of a request, nothing runs on the thread that watches the sockets (<see cref="KestrelSettings"/>).</summary>
    public static bool Suits(SnakeHostOptions options) => Environment.ProcessorCount <= MostProcessors && !options.Reload.Polling && OperatingSystem.IsLinux() && CanPause();

    public static SocketThread Start()
    {
        var thread = new SocketThread();
        Current = thread;
        new Thread(thread.Run) { IsBackground = true, Name = "SnakeHost sockets" }.UnsafeStart();
        return thread;
    }

    /// <summary>Linux has it since 5.11, and glibc since 2.35.</summary>
    private static bool CanPause()
    {
        const int NoSuchCall = 38; // ENOSYS
        try
        {
            var none = default(TimeSpec);
            return LibC.EpollWait(-1, null, 1, &none, null) >= 0 || Marshal.GetLastPInvokeError() != NoSuchCall;
        }
        catch (EntryPointNotFoundException)
        {
            return false;
        }
    }

    /// <summary>From now on the connection is told what its socket is ready for.</summary>
    /// <returns>By which it is taken away.</returns>
    public long Add(WatchedConnection connection, SafeHandle socket)
    {
        var id = Interlocked.Increment(ref _last);
        _connections[id] = connection;
        var entry = Entry(In | Out | ReadHangUp | EdgeTriggered, id);
        if (LibC.EpollControl(_epoll, LibC.EpollAdd, socket, &entry) == 0)
            return id;
        _connections.TryRemove(id, out _);
        throw new IOException($"A socket cannot be watched (error {Marshal.GetLastPInvokeError()}).");
    }

    /// <summary>Before the socket is closed: a process that an app has forked may have it too, and then the kernel goes on telling of it.</summary>
    public void Remove(long id, SafeHandle socket)
    {
        if (_connections.TryRemove(id, out _))
            _ = LibC.EpollControl(_epoll, LibC.EpollDelete, socket, null);
    }

    /// <param name="item">Runs on the thread; must not block.</param>
    public void Post(IThreadPoolWorkItem item)
    {
        _work.Enqueue(item);
        // A full fence: the thread has said that it sleeps before it looks a last time.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _isAwake) == 0 && Interlocked.Exchange(ref _isAwake, 1) == 0)
        {
            ulong one = 1;
            _ = LibC.Write(_wake, &one, sizeof(ulong));
        }
    }

    /// <summary>On the thread itself: runs when what the kernel has told at once is dealt with.</summary>
    public void AtEnd(Action action) => _atEnd.Add(action);

    private void Run()
    {
        s_own = this;
        var entries = (byte*)NativeMemory.Alloc(MostEvents * 16);
        var pause = new TimeSpec(0, PauseNanoseconds);
        var none = default(TimeSpec);
        var rest = new TimeSpec(0, RestNanoseconds);
        var timeout = &none;
        var (last, each) = (0L, 0L);
        while (true)
        {
            var count = LibC.EpollWait(_epoll, entries, MostEvents, timeout, null);
            Volatile.Write(ref _isAwake, 1);
            Dispatch(entries, count);
            var sent = SendAll();
            EndBatch();
            // While more answers are to be expected it looks again rather than have Python wake it.
            if (sent > 0 && Expected() is > 0 and var expected)
            {
                var now = Stopwatch.GetTimestamp();
                if (last != 0)
                    each += ((now - last) / sent - each) / 8;
                last = now;
                timeout = &pause;
                // What comes meanwhile would only lie behind what Python has to do: it is not disturbed for that.
                if (expected * each > s_enough)
                {
                    _ = LibC.Sleep(rest, 0);
                    timeout = &none;
                }

                continue;
            }

            last = 0;
            Interlocked.Exchange(ref _isAwake, 0);
            timeout = _work.IsEmpty ? null : &none;
        }
    }

    private void Dispatch(byte* entries, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var entry = entries + i * (s_dataOffset + 8);
            var id = *(long*)(entry + s_dataOffset);
            if (_connections.TryGetValue(id, out var connection))
                connection.Tell(*(uint*)entry);
            if (i % Batch == Batch - 1)
                EndBatch();
        }
    }

    private void EndBatch()
    {
        foreach (var action in CollectionsMarshal.AsSpan(_atEnd))
            action();
        _atEnd.Clear();
    }

    /// <summary>How many there were.</summary>
    private int SendAll()
    {
        var (count, isBehind) = (0, false);
        for (; _work.TryDequeue(out var item); count++)
        {
            // Counting them is not free.
            if (count % 16 == 0)
                isBehind = _work.Count >= MostWaiting;
            if (isBehind)
                ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false);
            else
                item.Execute();
        }

        return count;
    }

    private static (long, long) Entry(uint events, long data)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        BitConverter.TryWriteBytes(bytes, events);
        BitConverter.TryWriteBytes(bytes[s_dataOffset..], data);
        return (BinaryPrimitives.ReadInt64LittleEndian(bytes), BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]));
    }
}
