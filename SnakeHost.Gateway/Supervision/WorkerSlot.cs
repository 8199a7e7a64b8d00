using System.Diagnostics;

namespace SnakeHost.Gateway.Supervision;

/// <summary>A place for one worker that serves.</summary>
/// <param name="first">Its first worker; null if that is to be started.</param>
internal sealed partial class WorkerSlot(WorkerPool pool, GatewayWorker? first, ILogger logger)
{
    /// <summary>The first pause before a worker that has ended soon is started again, and the longest; each is twice the one before. A worker has all apps, and one of them may end it: so none is long.</summary>
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(250), s_longest = TimeSpan.FromSeconds(4);

    /// <summary>One that has served for so long has not ended soon.</summary>
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(10);

    private readonly TaskCompletionSource _tried = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TaskCompletionSource<bool> _replaced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile GatewayWorker? _serving = first;
    private TimeSpan _pause;

    /// <summary>Null while there is none.</summary>
    public GatewayWorker? Serving => _serving;

    /// <summary>Completes when the first one serves, or has failed to.</summary>
    public Task Tried => _tried.Task;

    /// <summary>Puts another worker in this one's place, which then drains. One call at a time.</summary>
    /// <returns>False if the other one does not serve; this one goes on.</returns>
    public async Task<bool> ReplaceAsync(CancellationToken cancellationToken)
    {
        _replaced = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked.TrySetResult();
        try
        {
            return await _replaced.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                if (_serving is null)
                    await StartAsync(stopping);
                _tried.TrySetResult();
                if (_serving is { } worker)
                    await WatchAsync(worker, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The gateway ends, and all workers with it.
        }
        finally
        {
            _tried.TrySetResult();
        }
    }

    private async Task StartAsync(CancellationToken stopping)
    {
        await Task.Delay(_pause, stopping);
        _serving = await pool.StartOneAsync();
        stopping.ThrowIfCancellationRequested();
        if (_serving is null)
            Lengthen();
    }

    private async Task WatchAsync(GatewayWorker worker, CancellationToken stopping)
    {
        var began = Stopwatch.GetTimestamp();
        using var left = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var illness = worker.WatchAsync(left.Token);
        try
        {
            var next = await Task.WhenAny(worker.Ended, illness, _asked.Task);
            stopping.ThrowIfCancellationRequested();
            if (next == worker.Ended)
            {
                Ended(worker, Stopwatch.GetElapsedTime(began));
            }
            else if (next == illness && await illness == WorkerIllness.Hangs)
            {
                Log.Hangs(logger, worker.Id);
                worker.Kill();
                await worker.Ended;
                Ended(worker, Stopwatch.GetElapsedTime(began));
            }
            else
            {
                if (next == illness)
                    Log.PythonHangs(logger, worker.Id, worker.Trouble);
                await ReplaceAsync(worker, isAsked: next == _asked.Task, stopping);
            }
        }
        finally
        {
            await left.CancelAsync();
            await ((Task)illness).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ReplaceAsync(GatewayWorker worker, bool isAsked, CancellationToken stopping)
    {
        if (isAsked)
            _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var successor = await pool.StartOneAsync();
        stopping.ThrowIfCancellationRequested();
        if (successor is null)
        {
            if (isAsked)
            {
                _replaced.TrySetResult(false);
                return;
            }

            Lengthen();
            await Task.WhenAny(worker.Ended, Task.Delay(_pause, stopping));
            return;
        }

        _pause = TimeSpan.Zero;
        _serving = successor;
        var end = pool.Retire(worker, isWell: isAsked);
        Log.Replaced(logger, worker.Id, successor.Id);
        if (isAsked)
            _ = end.ContinueWith(_ => _replaced.TrySetResult(true), TaskScheduler.Default);
    }

    private void Ended(GatewayWorker worker, TimeSpan served)
    {
        _serving = null;
        if (served < s_soon)
            Lengthen();
        else
            _pause = TimeSpan.Zero;
        // As the shell and .NET put it: above 128 it is a signal.
        if (worker.ExitCode > 128)
            Log.EndedBySignal(logger, worker.Id, worker.ExitCode - 128, _pause.TotalSeconds);
        else
            Log.Ended(logger, worker.Id, worker.ExitCode, _pause.TotalSeconds);
    }

    private void Lengthen() => _pause = TimeSpan.FromTicks(Math.Clamp(_pause.Ticks * 2, s_shortest.Ticks, s_longest.Ticks));

    private static partial class Log
    {
        [LoggerMessage(710, LogLevel.Error, "Worker {Pid} has ended with code {ExitCode}; another one is started in {Seconds:0.##} s")]
        public static partial void Ended(ILogger logger, int pid, int exitCode, double seconds);

        [LoggerMessage(711, LogLevel.Error, "Worker {Pid} has been ended by signal {Signal}; another one is started in {Seconds:0.##} s")]
        public static partial void EndedBySignal(ILogger logger, int pid, int signal, double seconds);

        [LoggerMessage(712, LogLevel.Error, "Worker {Pid} does not answer: it is killed")]
        public static partial void Hangs(ILogger logger, int pid);

        [LoggerMessage(713, LogLevel.Error, "Worker {Pid} is replaced. {Trouble}")]
        public static partial void PythonHangs(ILogger logger, int pid, string? trouble);

        [LoggerMessage(714, LogLevel.Information, "Worker {Pid} drains; worker {Successor} serves in its place")]
        public static partial void Replaced(ILogger logger, int pid, int successor);
    }
}
