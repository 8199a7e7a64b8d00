using System.Diagnostics;
using SnakeHost.Gateway.Admin;

namespace SnakeHost.Gateway.Supervision;

/// <summary>So many workers, each in a slot that starts another one when it ends.</summary>
/// <param name="start">How one is started.</param>
/// <param name="count">How many.</param>
/// <param name="listen">Where.</param>
/// <param name="grace">How long requests are taken yet, and have to end.</param>
/// <param name="follower">Told of each worker before it counts.</param>
internal sealed partial class WorkerPool(
    Func<ProcessStartInfo> start, int count, IReadOnlyList<string> listen, string secret, SharedFolder folder, TimeSpan grace, WorkerFollower follower, ILogger<WorkerPool> logger) : IDisposable
{
    /// <summary>What a worker may take beyond the grace period to end: apps, exit functions, the last of its telemetry.</summary>
    public static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(30);

    /// <summary>One that does not serve after so long is ended.</summary>
    private static readonly TimeSpan s_startPatience = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly HashSet<GatewayWorker> _running = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _retirements = [];
    private WorkerSlot[] _slots = [];
    private Task _served = Task.CompletedTask;
    private Task? _restart;
    private bool _isRestartAsked;
    private int _number;
    private bool _hasFailed;
    private volatile bool _isHurried;

    /// <summary>Those that the kernel gives new connections to, as far as is known.</summary>
    public IEnumerable<GatewayWorker> Serving => _slots.Select(static slot => slot.Serving).OfType<GatewayWorker>();

    public AdminHealth Health
    {
        get
        {
            var serving = Serving.ToList();
            var troubles = serving.Where(static worker => worker.Trouble is not null).Select(static worker => $"Worker {worker.Id}: {worker.Trouble}");
            if (serving.Count < count)
                troubles = troubles.Prepend($"{serving.Count} of {count} workers serve.");
            return new AdminHealth(serving.Count > 0 && !_stopping.IsCancellationRequested, string.Join('\n', troubles) is { Length: > 0 } trouble ? trouble : null);
        }
    }

    /// <summary>Starts the first worker, and then the others: what hinders all is told once, by the first.</summary>
    /// <returns>The exit code of a first one that ended before it served; null when all have been tried.</returns>
    public async Task<int?> StartAsync()
    {
        var (first, exitCode) = await TryStartAsync();
        if (first is null)
            return _stopping.IsCancellationRequested ? 0 : exitCode;
        _slots = [new WorkerSlot(this, first, logger), .. Enumerable.Range(1, count - 1).Select(_ => new WorkerSlot(this, null, logger))];
        _served = Task.WhenAll(_slots.Select(slot => slot.RunAsync(_stopping.Token)));
        await Task.WhenAll(_slots.Select(static slot => slot.Tried));
        return null;
    }

    /// <summary>Another worker that serves; null, and a line in the log, if it does not come to that.</summary>
    public async Task<GatewayWorker?> StartOneAsync()
    {
        try
        {
            var (worker, exitCode) = await TryStartAsync();
            if (worker is null && !_stopping.IsCancellationRequested)
                Log.NotStarted(logger, exitCode);
            return worker;
        }
        catch (IOException e)
        {
            Log.NoProcess(logger, e.Message);
            return null;
        }
    }

    /// <summary>Ends a worker in whose place another one serves, behind the caller. The task is its end.</summary>
    /// <param name="isWell">Whether it answers: it then drains. One whose apps do not would keep its clients waiting for the time of the drain.</param>
    public Task Retire(GatewayWorker worker, bool isWell)
    {
        var retirement = EndAsync(worker, isWell ? worker.Retire : worker.Interrupt);
        lock (_gate)
        {
            _retirements.RemoveAll(static done => done.IsCompleted);
            _retirements.Add(retirement);
        }

        return retirement;
    }

    /// <summary>Replaces all workers, one after the other. Asked for again meanwhile, it does so once more.</summary>
    public void Restart()
    {
        lock (_gate)
        {
            _isRestartAsked = true;
            if (_restart is null or { IsCompleted: true })
                _restart = RestartAsync();
        }
    }

    /// <summary>Has all workers end without a drain, or end theirs.</summary>
    public void Hurry()
    {
        _isHurried = true;
        lock (_gate)
        {
            foreach (var worker in _running)
                worker.Interrupt();
        }
    }

    /// <summary>Lets all workers drain, and ends those that do not end.</summary>
    /// <returns>Whether all of them came to an ordinary end.</returns>
    public async Task<bool> StopAsync()
    {
        // Before the list is read: what starts from here on sees it.
        await _stopping.CancelAsync();
        GatewayWorker[] running;
        lock (_gate)
            running = [.. _running];

        await Task.WhenAll(running.Select(worker => EndAsync(worker, _isHurried ? worker.Interrupt : worker.Terminate)));
        await _served;
        await Task.WhenAll(_retirements);
        if (_restart is { } restart)
            await restart;
        return !_hasFailed;
    }

    public void Dispose() => _stopping.Dispose();

    private async Task<(GatewayWorker? Worker, int ExitCode)> TryStartAsync()
    {
        GatewayWorker worker;
        lock (_gate)
        {
            if (_stopping.IsCancellationRequested)
                return (null, 0);
            worker = GatewayWorker.Start(start(), new WorkerRole(++_number, folder.Path, listen, secret));
            _running.Add(worker);
        }

        _ = ForgetAsync(worker);
        if (await worker.WaitUntilItServesAsync(s_startPatience, _stopping.Token))
        {
            await follower.FollowAsync(worker);
            return (worker, 0);
        }

        if (!worker.Ended.IsCompleted && !_stopping.IsCancellationRequested)
        {
            Log.Slow(logger, worker.Id, s_startPatience.TotalSeconds);
            worker.Kill();
        }

        await worker.Ended;
        return (null, worker.ExitCode);
    }

    private async Task ForgetAsync(GatewayWorker worker)
    {
        await worker.Ended;
        lock (_gate)
        {
            _running.Remove(worker);
            if (worker is { HasServed: true, ExitCode: not 0 } && _stopping.IsCancellationRequested)
                _hasFailed = true;
        }
    }

    private async Task EndAsync(GatewayWorker worker, Action tell)
    {
        tell();
        if (grace != Timeout.InfiniteTimeSpan && await Task.WhenAny(worker.Ended, Task.Delay(grace + EndPatience)) != worker.Ended)
        {
            Log.Endless(logger, worker.Id);
            worker.Kill();
        }

        await worker.Ended;
    }

    private async Task RestartAsync()
    {
        await Task.Yield();
        while (true)
        {
            lock (_gate)
            {
                if (!_isRestartAsked || _stopping.IsCancellationRequested)
                {
                    _restart = null;
                    return;
                }

                _isRestartAsked = false;
            }

            Log.Restarting(logger, count);
            var began = Stopwatch.GetTimestamp();
            var replaced = 0;
            foreach (var slot in _slots)
            {
                // What one new worker cannot do the next one will not: the others stay.
                if (!await slot.ReplaceAsync(_stopping.Token))
                    break;
                replaced++;
            }

            if (replaced == count)
                Log.Restarted(logger, count, Stopwatch.GetElapsedTime(began).TotalSeconds);
            else if (!_stopping.IsCancellationRequested)
                Log.NotRestarted(logger, replaced, count);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(700, LogLevel.Error, "A worker has ended with code {ExitCode} before it served")]
        public static partial void NotStarted(ILogger logger, int exitCode);

        [LoggerMessage(706, LogLevel.Error, "{Reason}")]
        public static partial void NoProcess(ILogger logger, string reason);

        [LoggerMessage(701, LogLevel.Error, "Worker {Pid} does not serve {Seconds:F0} s after its start: it is killed")]
        public static partial void Slow(ILogger logger, int pid, double seconds);

        [LoggerMessage(702, LogLevel.Error, "Worker {Pid} does not come to its end: it is killed")]
        public static partial void Endless(ILogger logger, int pid);

        [LoggerMessage(703, LogLevel.Information, "The {Count} workers are replaced one after the other")]
        public static partial void Restarting(ILogger logger, int count);

        [LoggerMessage(704, LogLevel.Information, "The {Count} workers have been replaced, in {Seconds:F1} s")]
        public static partial void Restarted(ILogger logger, int count, double seconds);

        [LoggerMessage(705, LogLevel.Error, "{Replaced} of {Count} workers have been replaced; the others go on")]
        public static partial void NotRestarted(ILogger logger, int replaced, int count);
    }
}
