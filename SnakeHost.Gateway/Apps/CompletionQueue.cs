using System.Collections.Concurrent;
using System.Diagnostics;
using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Interop;

namespace SnakeHost.Gateway.Apps;

/// <summary>Requests that Python has answered, on their way back to ASP.NET: one thread sends the answers of all apps, but for that of a request that was alone.</summary>
/// <remarks>
/// Waking a thread costs the Python thread a system call, and the machine more than the rest of an answer. So while more answers are
/// to be expected this one does not wait to be woken but looks again, after a pause that the client does not feel. What lies there
/// beyond what one thread can keep up with is left to the pool.
/// </remarks>
internal static class CompletionQueue
{
    private const int MostWaiting = 64;
    private const int PauseNanoseconds = 200_000;

    /// <summary>For so many milliseconds the GIL is not let go of for an answer after it took longer than <see cref="s_uncontended"/> to get it back.</summary>
    private const int Contended = 1000;

    /// <summary>Added to <see cref="s_expected"/>, it is the next request's number.</summary>
    private const long Numbered = 1L << 32;

    private static readonly TimeSpan s_uncontended = TimeSpan.FromMilliseconds(1);

    private static readonly ConcurrentQueue<IThreadPoolWorkItem> s_answers = new();
    // One that spins would take the processor from Python.
    private static readonly ManualResetEventSlim s_wake = new(false, spinCount: 0);
    private static int s_isAwake;
    /// <summary>How many answers are expected, and in the upper half the number of the last request.</summary>
    private static long s_expected;
    private static long s_contendedUntil;

    static CompletionQueue() => new Thread(Run) { IsBackground = true, Name = "SnakeHost answers" }.UnsafeStart();

    /// <summary>A request is on its way to Python.</summary>
    /// <returns>Its number, for <see cref="SendOrAdd"/>.</returns>
    public static int Expect() => (int)(Interlocked.Add(ref s_expected, Numbered + 1) >> 32);

    /// <summary>Its answer has begun.</summary>
    public static void Arrive() => Interlocked.Decrement(ref s_expected);

    /// <param name="answer">Gives the request back; must not block.</param>
    public static void Add(IThreadPoolWorkItem answer)
    {
        s_answers.Enqueue(answer);
        // A full fence: the thread has said that it sleeps before it looks a last time.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref s_isAwake) == 0 && Interlocked.Exchange(ref s_isAwake, 1) == 0)
            s_wake.Set();
    }

    /// <summary>Sends an answer at once if its request has been alone: the thread would have to be woken for it. With the GIL, which others may have meanwhile.</summary>
    /// <remarks>Not if others have come meanwhile, even if they have been answered: there are many then, and each thread has enough to do.</remarks>
    /// <param name="answer">As for <see cref="Add"/>; what it runs is short.</param>
    /// <param name="number">Of its request.</param>
    public static void SendOrAdd(IThreadPoolWorkItem answer, int number)
    {
        if (Volatile.Read(ref s_isAwake) != 0 || Volatile.Read(ref s_expected) != (long)number << 32 || Environment.TickCount64 < Volatile.Read(ref s_contendedUntil))
        {
            Add(answer);
            return;
        }

        long sent;
        using (Gil.Release())
        {
            answer.Execute();
            sent = Stopwatch.GetTimestamp();
        }

        // Some thread computes. To wait for it with every answer is worse than to wake another one.
        if (Stopwatch.GetElapsedTime(sent) > s_uncontended)
            Volatile.Write(ref s_contendedUntil, Environment.TickCount64 + Contended);
    }

    private static void Run()
    {
        ProcessorAffinity.KeepAway();
        while (true)
        {
            s_wake.Wait();
            s_wake.Reset();
            do
            {
                while (SendAll() && (int)Volatile.Read(ref s_expected) > 0)
                    _ = LibC.Sleep(new TimeSpec(0, PauseNanoseconds), 0);
                Interlocked.Exchange(ref s_isAwake, 0);
            }
            while (!s_answers.IsEmpty && Interlocked.Exchange(ref s_isAwake, 1) == 0);
        }
    }

    /// <summary>False when there was none.</summary>
    private static bool SendAll()
    {
        var (count, isBehind) = (0, false);
        for (; s_answers.TryDequeue(out var answer); count++)
        {
            // Counting them is not free.
            if (count % 16 == 0)
                isBehind = s_answers.Count >= MostWaiting;
            if (isBehind)
                ThreadPool.UnsafeQueueUserWorkItem(answer, preferLocal: false);
            else
                answer.Execute();
        }

        return count > 0;
    }
}
