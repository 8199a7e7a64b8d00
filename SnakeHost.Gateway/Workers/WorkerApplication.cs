using System.Diagnostics.CodeAnalysis;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Http;
using SnakeHost.Gateway.Tenants;
using Yarp.ReverseProxy.Forwarder;

namespace SnakeHost.Gateway.Workers;

/// <summary>A loaded version of an app in processes of its own. Each request goes to the one that has the fewest.</summary>
/// <remarks>
/// A process that ends while others answer is replaced; with the last one the app is lost, which is the tenant's business. A process that has had its requests, or has too
/// much memory, is replaced by one that is loaded first.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "A source without a timer holds nothing but memory.")]
internal sealed partial class WorkerApplication : IPythonApplication
{
    /// <summary>Beyond the limit by so much, a process is not waited for.</summary>
    private const double Excess = 1.5;

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(250);
    /// <summary>How a process has ended is known a moment after its connections have.</summary>
    private static readonly TimeSpan s_news = TimeSpan.FromSeconds(3);

    private readonly IHttpForwarder _forwarder;
    private readonly Func<CancellationToken, Task<WorkerProcess>> _start;
    private readonly TenantSpecification _specification;
    private readonly DebugSession? _debugger;
    private readonly string _name;
    private readonly TimeSpan _grace;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _end = new();
    private readonly CancellationTokenRegistration _stopping;
    private readonly Lock _gate = new();
    private readonly List<Task> _background = [];
    private readonly HashSet<WorkerProcess> _leaving = [];
    private readonly TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile WorkerProcess[] _workers;

    /// <param name="name">As <c>notes#2</c>.</param>
    /// <param name="start">Starts one more process.</param>
    /// <param name="reason">See <see cref="ProcessReason"/>.</param>
    /// <param name="debugger">What it is debugged with; null when it is not.</param>
    /// <param name="grace">What a process that is replaced gets.</param>
    /// <param name="stopping">Cancelled when the gateway has been told to stop.</param>
    public WorkerApplication(
        WorkerProcess[] workers, string name, TenantSpecification specification, string? reason, DebugSession? debugger, TimeSpan grace, IHttpForwarder forwarder,
        Func<CancellationToken, Task<WorkerProcess>> start, ILogger logger, CancellationToken stopping)
    {
        (_workers, _name, _specification, ProcessReason, _debugger, _grace, _forwarder, _start, _logger) = (workers, name, specification, reason, debugger, grace, forwarder, start, logger);
        var loaded = workers[0].Loaded;
        (App, Interface, Modules, SourceFiles, Imports) = (loaded.App, loaded.IsAsgi ? InterfaceKind.Asgi : InterfaceKind.Wsgi, loaded.Modules, loaded.Files, loaded.Imports);
        _stopping = stopping.UnsafeRegister(static self => ((WorkerApplication)self!).TellStopping(), this);
        foreach (var worker in workers)
            Follow(worker, pause: null);
        if (specification.MemoryLimit != ByteSize.Unlimited)
            Run(WatchMemoryAsync);
    }

    public string App { get; }

    public InterfaceKind Interface { get; }

    public int Modules { get; }

    public IReadOnlyList<SourceFile> SourceFiles { get; }

    public IReadOnlyList<ImportedModule> Imports { get; }

    public bool IsElsewhere => true;

    public string? ProcessReason { get; }

    public bool IsDebugged => _debugger is not null;

    public bool IsHeld => _debugger?.IsHeld == true;

    public Task<string> Lost => _lost.Task;

    public IReadOnlyList<AppProcess> Processes => [.. _workers.Select(worker => new AppProcess(worker.Id, worker.Memory, worker.InFlight, worker.Requests))];

    /// <summary>Each of its threads may have one that does not wait.</summary>
    public int QueueLength => _workers.Sum(worker => Interface == InterfaceKind.Asgi ? worker.Waiting : Math.Max(0, worker.Waiting - _specification.Threads));

    public async Task HandleAsync(HttpContext context, RequestMeasure? measure)
    {
        while (!await TryHandleAsync(context, Enter() ?? throw ProcessLostException.Unsent(), measure))
        {
        }
    }

    public async Task<IReadOnlyList<RunningRequest>> RequestsAsync(CancellationToken cancellationToken) =>
        [.. (await Task.WhenAll(AllWorkers().Select(worker => worker.RequestsAsync(cancellationToken)))).SelectMany(static requests => requests).OrderByDescending(static request => request.AgeMs)];

    public async Task<AppMemory?> MeasureAsync(CancellationToken cancellationToken)
    {
        var found = await Task.WhenAll(_workers.Select(worker => worker.MeasureAsync(cancellationToken)));
        return found.OfType<AppMemory>().ToList() is { Count: > 0 } parts ? AppMemory.Sum(parts) : null;
    }

    public async Task<ProfileData> ProfileAsync(ProfileOrder order, CancellationToken cancellationToken)
    {
        var workers = _workers;
        if (workers.Length == 0)
            throw new NoProfileException("The app's process has ended.");
        var asked = await Task.WhenAll(workers.Select(async worker => (worker.Id, Answer: await NoProfileException.CatchAsync(worker.ProfileAsync(order, cancellationToken)))));
        List<(string, ProfileData)> profiles = [.. asked.Where(static of => of.Answer.Found is not null).Select(static of => ($"process {of.Id}", of.Answer.Found!))];
        return profiles.Count > 0 ? ProfileData.Merge(profiles) : throw asked[0].Answer.Refusal!;
    }

    /// <summary>Those that are being replaced, too.</summary>
    private List<WorkerProcess> AllWorkers()
    {
        lock (_gate)
            return [.. _workers.Concat(_leaving).Distinct()];
    }

    public async Task EndAsync(TimeSpan grace)
    {
        await _stopping.DisposeAsync();
        await _end.CancelAsync();
        Task[] background;
        lock (_gate)
            background = [.. _background];
        await Task.WhenAll(background).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_workers.Concat(_leaving).Distinct().Select(worker => worker.EndAsync(grace)));
    }

    private void TellStopping()
    {
        foreach (var worker in _workers)
            worker.Post(new WorkerMessage.Stopping());
    }

    /// <summary>Counts a request in, at the process that has the fewest; null when none is left.</summary>
    private WorkerProcess? Enter()
    {
        while (Choose() is { } worker)
        {
            worker.Enter();
            // Counted before it was looked at: else who replaces it might have found it idle.
            if (Array.IndexOf(_workers, worker) >= 0)
                return worker;
            worker.Answer();
            worker.Leave();
        }

        return null;
    }

    private WorkerProcess? Choose()
    {
        WorkerProcess? best = null;
        foreach (var worker in _workers)
        {
            if (worker.IsAlive && (best is null || worker.InFlight < best.InFlight))
                best = worker;
        }

        return best;
    }

    /// <summary>False when nothing was sent, because the process is gone.</summary>
    private async Task<bool> TryHandleAsync(HttpContext context, WorkerProcess worker, RequestMeasure? measure)
    {
        var exchange = new ForwardedExchange(worker, measure);
        try
        {
            await using var following = exchange.FollowClient(context);
            var error = await exchange.SendAsync(context, _forwarder);
            if (exchange.Failure is { } failure)
                throw failure.ToException();
            if (error == ForwarderError.None || exchange.IsWhole)
                return true;
            if (error == ForwarderError.Request && WorkerConnections.IsRefused(context.Features.Get<IForwarderErrorFeature>()?.Exception))
            {
                worker.IsRefusing = true;
                context.Response.Clear();
                return false;
            }

            await ConcludeAsync(context, error, worker);
            return true;
        }
        finally
        {
            exchange.Answer();
            worker.Leave();
            if (_specification.MaxRequests is > 0 and var limit && worker.Requests >= limit && !worker.IsLeaving)
                Replace(worker, $"it has had {limit} requests");
        }
    }

    /// <summary>A request that was not answered to the end.</summary>
    private static async Task ConcludeAsync(HttpContext context, ForwarderError error, WorkerProcess worker)
    {
        var exception = context.Features.Get<IForwarderErrorFeature>()?.Exception;
        switch (error)
        {
            case ForwarderError.RequestCanceled or ForwarderError.RequestBodyCanceled or ForwarderError.ResponseBodyCanceled or ForwarderError.ResponseBodyClient
                or ForwarderError.UpgradeRequestCanceled or ForwarderError.UpgradeRequestClient or ForwarderError.UpgradeResponseCanceled or ForwarderError.UpgradeResponseClient
                or ForwarderError.UpgradeActivityTimeout:
                if (!context.Response.HasStarted)
                    context.Response.StatusCode = ClientConnection.ClosedRequest;
                return;
            case ForwarderError.RequestBodyClient when !context.Response.HasStarted:
                context.Response.Clear();
                var bad = (exception as AggregateException)?.Flatten().InnerExceptions.Select(RequestFraming.AsBadRequest).FirstOrDefault(found => found is not null);
                throw new AppFailedException(bad?.Message ?? "The request's body could not be read.", bad?.StatusCode ?? StatusCodes.Status400BadRequest);
        }

        await ((Task)worker.Exited).WaitAsync(s_news).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // The worker has given the request up because it was told that the client has ended its sending, and nothing came of it.
        if (!worker.Exited.IsCompleted && context.Features.Get<ClientConnection>() is { SendingEnded.IsCancellationRequested: true })
        {
            ClientConnection.Abandon(context);
            return;
        }

        if (context.Response.HasStarted)
            throw new ResponseBrokenException();
        context.Response.Clear();
        throw worker.Exited.IsCompleted
            ? ProcessLostException.Because(await worker.Exited)
            : new AppFailedException($"The app's process has not answered: {exception?.GetBaseException().Message ?? error.ToString()}");
    }

    /// <summary>Sees to a process that ends by itself.</summary>
    /// <param name="pause">What has been waited before it was started; null for the first.</param>
    private void Follow(WorkerProcess worker, TimeSpan? pause) => Run(async () =>
    {
        var began = Environment.TickCount64;
        await ((Task)worker.Exited).WaitAsync(_end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_end.IsCancellationRequested)
            return;
        var end = await worker.Exited;
        bool isLast;
        lock (_gate)
        {
            SetWorkers(_workers.Where(other => other != worker));
            isLast = _workers.Length == 0;
        }

        // With the last one the app is loaded again, whatever is being done about another process.
        if (isLast)
            _lost.TrySetResult(end);
        await worker.KillAsync();
        if (isLast || worker.IsLeaving)
            return;
        var next = RestartPause.Next(pause, TimeSpan.FromMilliseconds(Environment.TickCount64 - began));
        Log.Died(_logger, _name, worker.Id, end, next.TotalSeconds);
        await StartAsync(next);
    });

    /// <summary>Puts a new process in the place of one that still answers. Once.</summary>
    private void Replace(WorkerProcess worker, string reason)
    {
        lock (_gate)
        {
            if (_end.IsCancellationRequested || !_workers.Contains(worker) || !_leaving.Add(worker))
                return;
            worker.IsLeaving = true;
        }

        Log.Replaced(_logger, _name, worker.Id, reason);
        Run(async () =>
        {
            await StartAsync(RestartPause.Next(worker.Pause ?? TimeSpan.Zero, worker.Age));
            if (_end.IsCancellationRequested)
                return;
            lock (_gate)
                SetWorkers(_workers.Where(other => other != worker));
            // See Enter.
            Interlocked.MemoryBarrier();
            var grace = new GracePeriod(_grace, TimeProvider.System);
            while (worker is { InFlight: > 0, Exited.IsCompleted: false } && grace.Left != TimeSpan.Zero && !_end.IsCancellationRequested)
                await Task.Delay(s_look, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_end.IsCancellationRequested)
                return;
            try
            {
                await worker.EndAsync(grace.Left);
            }
            catch (AppStuckException e)
            {
                Log.Stuck(_logger, _name, e.Message);
            }

            lock (_gate)
                _leaving.Remove(worker);
        });
    }

    /// <summary>Starts one more process, again and again until one is loaded.</summary>
    private async Task StartAsync(TimeSpan pause)
    {
        while (!_end.IsCancellationRequested)
        {
            await Task.Delay(pause, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var began = Environment.TickCount64;
            try
            {
                var worker = await _start(_end.Token);
                worker.Pause = pause;
                lock (_gate)
                    SetWorkers(_workers.Append(worker));
                Follow(worker, pause);
                return;
            }
            catch (OperationCanceledException) when (_end.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is AppLoadException or OperationCanceledException)
            {
                pause = RestartPause.Next(pause, TimeSpan.FromMilliseconds(Environment.TickCount64 - began));
                Log.NotStarted(_logger, _name, e is AppLoadException ? e.Message : "it took too long to load", pause.TotalSeconds);
            }
        }
    }

    /// <summary>Under the gate.</summary>
    private void SetWorkers(IEnumerable<WorkerProcess> workers) => _workers = [.. workers];

    private async Task WatchMemoryAsync()
    {
        var limit = _specification.MemoryLimit;
        while (!_end.IsCancellationRequested)
        {
            foreach (var worker in _workers)
            {
                var memory = worker.Memory;
                if (memory <= limit)
                    continue;
                Replace(worker, $"it has {memory >> 20} MiB of memory, and its limit is {limit >> 20}");
                if (memory > Excess * limit)
                    worker.KillNow();
            }

            await Task.Delay(s_look, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Run(Func<Task> work)
    {
        lock (_gate)
        {
            _background.RemoveAll(task => task.IsCompleted);
            _background.Add(Task.Run(work));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(700, LogLevel.Error, "Process {Id} of {App} {End}; another one is started in {Seconds:0.#} s")]
        public static partial void Died(ILogger logger, string app, int id, string end, double seconds);

        [LoggerMessage(701, LogLevel.Information, "Process {Id} of {App} is replaced: {Reason}")]
        public static partial void Replaced(ILogger logger, string app, int id, string reason);

        [LoggerMessage(703, LogLevel.Warning, "{App}: {Reason}")]
        public static partial void Stuck(ILogger logger, string app, string reason);

        [LoggerMessage(702, LogLevel.Error, "Another process of {App} cannot be started: {Reason}; it is tried again in {Seconds:0.#} s")]
        public static partial void NotStarted(ILogger logger, string app, string reason, double seconds);
    }
}
