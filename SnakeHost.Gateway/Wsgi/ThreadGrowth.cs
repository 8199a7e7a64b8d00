using System.Collections.Concurrent;
using SnakeHost.Gateway.CPython;

namespace SnakeHost.Gateway.Wsgi;

/// <summary>
/// Decides when an app gets more threads, or fewer. One thread for all apps, which sleeps unless some app has requests that wait.
/// </summary>
/// <remarks>
/// A thread more helps only while the GIL has time to spare. Of an app that answers, the requests' own share of waiting tells
/// (<see cref="ServiceTime"/>). Of one that has answered nothing since the last look, the GIL itself does: if it can be had at once,
/// its threads wait for something else, or compute without it (<see cref="GilProbe"/>); if not, somebody computes, and others would only fight for it.
/// In a fight, for the GIL or for a lock of the app's own, every request seems to wait: whether fewer threads would do as well is tried (<see cref="ThreadTrial"/>).
/// </remarks>
internal static class ThreadGrowth
{
    /// <summary>From this share of waiting on, in a request's time, a second thread pays.</summary>
    private const double WorthAThread = 0.3;

    /// <summary>So many looks in a row without an answer, and the app gets threads even if another app keeps the GIL.</summary>
    private const int Patience = 100;

    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(5);

    private static readonly ConcurrentDictionary<WsgiApplication, Sample> s_watched = new();
    private static readonly SemaphoreSlim s_wake = new(0);
    private static readonly Lazy<PythonThread> s_thread = new(static () => PythonThread.Start("SnakeHost growth", Run));
    private static int s_isLooking;

    /// <summary>A request has been queued and no thread was idle.</summary>
    public static void Watch(WsgiApplication app)
    {
        // Looked at without a lock first: under load it is watched already.
        if (s_watched.ContainsKey(app) || !app.HasChoice || !s_watched.TryAdd(app, new Sample(app.Completed)))
            return;
        if (Interlocked.Exchange(ref s_isLooking, 1) != 0)
            return;
        _ = s_thread.Value;
        s_wake.Release();
    }

    private static void Run(PythonThread thread)
    {
        var probe = new GilProbe(thread);
        while (true)
        {
            s_wake.Wait();
            do
            {
                do
                {
                    Thread.Sleep(s_interval);
                    LookAt(probe);
                }
                while (!s_watched.IsEmpty);

                // A full fence: who adds an app after the look below must find that nobody is looking any more.
                Interlocked.Exchange(ref s_isLooking, 0);
            }
            while (!s_watched.IsEmpty && Interlocked.Exchange(ref s_isLooking, 1) == 0);
        }
    }

    private static void LookAt(GilProbe gil)
    {
        bool? isFree = null;
        foreach (var (app, last) in s_watched)
        {
            if (app.QueueLength == 0)
            {
                s_watched.TryRemove(app, out _);
                // A request that came in between found its app still watched, and relies on it.
                if (app.QueueLength > 0)
                    s_watched.TryAdd(app, new Sample(app.Completed));
                else
                    app.Trial.Cancel(app);
                continue;
            }

            var now = app.Completed;
            var stalled = now == last.Completed ? last.Stalled + 1 : 0;
            app.Trial.Observe(app);
            if (stalled > Patience)
                app.Trial.Cancel(app);
            // Occupied before and after: a thread that is only about to call the app has not got the GIL either.
            var grows = !app.Trial.IsOn && app.CanGrow && !app.IsWaitingForGil
                && (stalled == 0 ? app.ServiceTime.Waiting > WorthAThread : stalled > Patience || (app.IsOccupied && (isFree ??= gil.IsFree()) && app.IsOccupied));
            if (grows)
                app.Grow();
            s_watched[app] = new Sample(now, stalled);
        }
    }

    /// <param name="Completed">What the app had answered by then.</param>
    /// <param name="Stalled">Looks in a row without a new answer.</param>
    private readonly record struct Sample(long Completed, int Stalled = 0);
}
