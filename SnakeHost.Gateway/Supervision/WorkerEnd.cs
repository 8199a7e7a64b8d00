using SnakeHost.Gateway.Interop;
using SnakeHost.Gateway.Launch;

namespace SnakeHost.Gateway.Supervision;

/// <summary>
/// Ends a worker whose supervisor is gone, however that ended: the supervisor holds the other end of its standard input. The worker drains as after SIGTERM; one that does not come to its
/// end by that, or has not come so far as to have anything to drain, leaves at once.
/// </summary>
internal static class WorkerEnd
{
    private const int ExitCode = 1;

    private static readonly Lock s_gate = new();
    private static IHostApplicationLifetime? s_lifetime;
    private static TimeSpan s_grace;

    /// <summary>As early as may be: a worker may hang before it has a host.</summary>
    public static void Begin(WorkerRole worker)
    {
        ProcessGroup.Begin();
        Lifeline.Watch(Console.OpenStandardInput(), () => End(worker.Folder));
    }

    /// <summary>There is something to drain now.</summary>
    /// <param name="grace">How long requests have for it.</param>
    public static void Attach(IHostApplicationLifetime lifetime, TimeSpan grace)
    {
        lock (s_gate)
            (s_lifetime, s_grace) = (lifetime, grace);
    }

    private static void End(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another worker does the same.
        }

        IHostApplicationLifetime? lifetime;
        lock (s_gate)
            lifetime = s_lifetime;
        if (lifetime is not null)
        {
            lifetime.StopApplication();
            if (s_grace == Timeout.InfiniteTimeSpan)
                return;
            Thread.Sleep(s_grace + WorkerPool.EndPatience);
        }

        LibC.Exit(ExitCode);
    }
}
