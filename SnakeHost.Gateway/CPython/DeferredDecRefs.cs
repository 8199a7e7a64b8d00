using System.Collections.Concurrent;

namespace SnakeHost.Gateway.CPython;

/// <summary>References to be given back by somebody else, since who had them has not got the GIL and must not wait for it.</summary>
/// <remarks>A thread for that, which sleeps unless there are some, takes the GIL; whoever takes it for another rare call gives them back too.</remarks>
internal static class DeferredDecRefs
{
    /// <summary>Releases are batched: acquiring the GIL stalls its holder.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    private static readonly ConcurrentQueue<nint> s_pointers = new();
    private static readonly SemaphoreSlim s_wake = new(0);
    private static readonly Lazy<PythonThread> s_thread = new(static () => PythonThread.Start("SnakeHost references", Run));
    private static int s_isAwake;

    public static void Add(nint pointer)
    {
        s_pointers.Enqueue(pointer);
        if (Interlocked.Exchange(ref s_isAwake, 1) != 0)
            return;
        _ = s_thread.Value;
        s_wake.Release();
    }

    /// <summary>Gives back what has been left so far. The caller holds the GIL.</summary>
    public static void Release()
    {
        while (s_pointers.TryDequeue(out var pointer))
            CPythonApi.Py_DecRef(pointer);
    }

    private static void Run(PythonThread thread)
    {
        while (true)
        {
            s_wake.Wait();
            Thread.Sleep(s_pause);
            // Before they are taken: one that comes while they are wakes this thread again.
            Interlocked.Exchange(ref s_isAwake, 0);
            using (thread.Attach())
                Release();
        }
    }
}
