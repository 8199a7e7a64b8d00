using System.Collections.Concurrent;

namespace SnakeHost.Gateway.Tenants;

/// <summary>Work that outlives the request which caused it; known, so that shutdown can wait for it.</summary>
internal sealed class BackgroundWork
{
    private readonly ConcurrentDictionary<Task, bool> _running = new();

    /// <summary>Runs the work on the pool, away from the caller's context: a request's async locals must not live on in a tenant's threads.</summary>
    public Task Run(Func<Task> work)
    {
        Task task;
        using (ExecutionContext.IsFlowSuppressed() ? default(IDisposable) : ExecutionContext.SuppressFlow())
            task = Task.Run(work);
        _running[task] = true;
        _ = task.ContinueWith(
            (ended, running) => ((ConcurrentDictionary<Task, bool>)running!).TryRemove(ended, out _),
            _running,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return task;
    }

    /// <summary>Completes when nothing runs, started meanwhile or before.</summary>
    public async Task WhenIdleAsync()
    {
        while (!_running.IsEmpty)
            await Task.WhenAll(_running.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
