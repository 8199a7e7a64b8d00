using System.Collections.Concurrent;

namespace SnakeHost.Gateway.Wsgi;

/// <summary>
/// Decides when an app gets more threads. One timer for all apps, which ticks only while some app has requests that wait.
/// </summary>
/// <remarks>
/// A thread more helps only when those there are wait outside the GIL: when none of them has answered anything since the last tick,
/// or when most of the app's time is waiting. An app that computes keeps one thread: others would only fight for the GIL.
/// </remarks>
internal static class ThreadGrowth
{
    /// <summary>From this share of waiting on, in a request's time, a second thread pays.</summary>
    private const double WorthAThread = 0.3;

    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(5);
    private static readonly ConcurrentDictionary<WsgiApplication, long> s_watched = new();
    private static readonly Timer s_timer = new(static _ => Tick());
    private static int s_ticking;

    /// <summary>A request has been queued and no thread was idle.</summary>
    public static void Watch(WsgiApplication app)
    {
        if (!app.CanGrow || !s_watched.TryAdd(app, app.Completed))
            return;
        if (Interlocked.Exchange(ref s_ticking, 1) == 0)
            s_timer.Change(s_tick, Timeout.InfiniteTimeSpan);
    }

    private static void Tick()
    {
        foreach (var (app, completed) in s_watched)
        {
            if (app.QueueLength == 0 || !app.CanGrow)
            {
                s_watched.TryRemove(app, out _);
                // A request that came in between found its app still watched, and relies on it.
                if (app.QueueLength > 0)
                    Watch(app);
                continue;
            }

            var now = app.Completed;
            if (now == completed || app.ServiceTime.Waiting > WorthAThread)
                app.Grow();
            s_watched[app] = now;
        }

        // A full fence: who adds an app after the look below must find that nothing ticks any more.
        Interlocked.Exchange(ref s_ticking, 0);
        if (!s_watched.IsEmpty && Interlocked.Exchange(ref s_ticking, 1) == 0)
            s_timer.Change(s_tick, Timeout.InfiniteTimeSpan);
    }
}
