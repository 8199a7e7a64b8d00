using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.CPython;

namespace SnakeHost.Gateway.Runtime;

/// <summary>Looks at what an app has in memory while it goes on: by a thread of its own, one look at a time, since each takes processor time.</summary>
internal static class MemoryInspection
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>For another look to end.</summary>
    private static readonly TimeSpan s_turn = TimeSpan.FromSeconds(5);

    private static readonly SemaphoreSlim s_one = new(1);

    /// <summary>Null when the app has ended, or Python does not answer, or another look takes long.</summary>
    public static Task<AppMemory?> MeasureAsync(LoadedApp app, CancellationToken cancellationToken) => RunAsync(
        (thread, _) =>
        {
            using (thread.Attach())
            {
                if (app.IsDisposed)
                    return null;
                using var module = Py.Import("snakehost.holdings");
                using var measure = module.Attribute("measure");
                using var json = measure.Call(app.Generation);
                return PythonJson.Read(json.ToString(), InspectionJsonContext.Default.AppMemory);
            }
        },
        s_turn,
        cancellationToken);

    /// <summary>What keeps the modules of an app that has ended: a sentence. Null when nothing does, or it cannot be told.</summary>
    public static Task<string?> FindKeeperAsync(LoadedApp app, CancellationToken cancellationToken) => RunAsync(
        (thread, stop) =>
        {
            while (!stop.IsCancellationRequested)
            {
                using (thread.Attach())
                {
                    if (app.StepToKeeper() is { } found)
                        return found.Length > 0 ? found : null;
                }
            }

            return null;
        },
        Timeout.InfiniteTimeSpan,
        cancellationToken);

    private static async Task<T?> RunAsync<T>(Func<PythonThread, CancellationToken, T?> look, TimeSpan turn, CancellationToken cancellationToken)
        where T : class
    {
        if (!await s_one.WaitAsync(turn, cancellationToken))
            return null;
        var looking = PythonThread.RunAsync("SnakeHost memory", thread => look(thread, cancellationToken));
        _ = looking.ContinueWith(static _ => s_one.Release(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            return await looking.WaitAsync(s_patience, CancellationToken.None);
        }
        catch (Exception)
        {
            // It takes too long, the app has ended meanwhile, or what it has put in the way cannot be read.
            return null;
        }
    }
}
