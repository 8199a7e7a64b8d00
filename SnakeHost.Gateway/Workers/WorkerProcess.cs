using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Workers;

/// <summary>A worker, as its gateway sees it: the app in another process, the way to it, and what it has been given.</summary>
[SuppressMessage("Design", "CA1001", Justification = "KillAsync disposes of them.")]
internal sealed class WorkerProcess
{
    /// <summary>Beyond the grace: for the app's own end, and the interpreter's.</summary>
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(15);

    /// <summary>For an answer that needs no time of its own.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    private readonly WorkerStart _start;
    private readonly WorkerConnections _connections;
    private readonly ConcurrentDictionary<long, TaskCompletionSource<WorkerMessage>> _questions = new();
    private readonly TaskCompletionSource<WorkerMessage.Ready> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _started = Stopwatch.GetTimestamp();
    private IWorkerLink? _link;
    private int _inFlight;
    private int _waiting;
    private long _requests;
    private int _isDisposed;
    private long _lastQuestion;

    private WorkerProcess(WorkerStart start) => (_start, _connections) = (start, new WorkerConnections(start.Order.Http1, start.Order.Http2));

    public int Id => Link.Id;

    /// <summary>Completes with a clause, <c>was ended by SIGSEGV</c>, when the process has ended and all that it has said is known.</summary>
    public Task<string> Exited => Link.Exited;

    public WorkerMessage.Ready Loaded => _ready.Task.Result;

    public WorkerConnections Connections => _connections;

    /// <summary>Whether it may be given requests.</summary>
    public bool IsAlive => !Exited.IsCompleted && !IsRefusing;

    /// <summary>It has not taken a connection: it ends, which is known in a moment.</summary>
    public bool IsRefusing { get; set; }

    /// <summary>Another one is to take its place.</summary>
    public bool IsLeaving { get; set; }

    /// <summary>What was waited before it was started; null for those that a load has started.</summary>
    public TimeSpan? Pause { get; set; }

    public TimeSpan Age => Stopwatch.GetElapsedTime(_started);

    public string Secret => _start.Order.Secret;

    private IWorkerLink Link => _link!;

    private string Name => $"{_start.Order.Tenant}#{_start.Order.Generation}";

    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Requests whose answer has not begun.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Bytes in memory; 0 when it has ended.</summary>
    public long Memory
    {
        get
        {
            try
            {
                // In pages, proc(5).
                var fields = File.ReadAllText($"/proc/{Id}/statm").Split(' ');
                return long.Parse(fields[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
            }
            catch (IOException)
            {
                return 0;
            }
        }
    }

    /// <summary>Starts a worker and waits until it has loaded its app.</summary>
    /// <param name="connected">Called when the interpreter runs, before the app is loaded.</param>
    /// <exception cref="AppLoadException">The app cannot be loaded, the worker has ended before that, or the system refuses it.</exception>
    /// <exception cref="OperationCanceledException">It took too long; the process has been ended.</exception>
    public static async Task<WorkerProcess> StartAsync(WorkerStart start, Action connected, CancellationToken cancellationToken)
    {
        var worker = new WorkerProcess(start);
        try
        {
            var path = start.Socket + WorkerFolder.Control;
            worker._link = start.Host is { } host
                ? await GuestLink.OpenAsync(host, path, start.Order, worker.Take, cancellationToken)
                : await WorkerProgram.StartAsync(start.Python, path, start.Order, worker.Take, cancellationToken);
            connected();
            await Task.WhenAny(worker._ready.Task, worker.Exited).WaitAsync(cancellationToken);
            if (!worker._ready.Task.IsCompleted)
                throw new AppLoadException($"The app's process {await worker.Exited} while it was loading the app.");
            await worker._ready.Task;
            return worker;
        }
        catch
        {
            await worker.KillAsync();
            throw;
        }
    }

    /// <summary>Counts a request in.</summary>
    public void Enter()
    {
        Interlocked.Increment(ref _requests);
        Interlocked.Increment(ref _inFlight);
        Interlocked.Increment(ref _waiting);
    }

    /// <summary>Its answer has begun, or there will be none.</summary>
    public void Answer() => Interlocked.Decrement(ref _waiting);

    /// <summary>Counts a request out.</summary>
    public void Leave() => Interlocked.Decrement(ref _inFlight);

    public void Post(WorkerMessage message) => Link.Post(message);

    /// <summary>What it has under way; nothing when it does not answer.</summary>
    public async Task<IReadOnlyList<RunningRequest>> RequestsAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_patience);
        try
        {
            return await AskAsync(number => new WorkerMessage.Ask(number), limit.Token) is WorkerMessage.Running running ? running.Requests : [];
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return [];
        }
    }

    /// <summary>What the app has in memory there; null when it does not answer.</summary>
    public async Task<AppMemory?> MeasureAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_timeout);
        try
        {
            return await AskAsync(number => new WorkerMessage.AskMemory(number), limit.Token) is WorkerMessage.Memory memory ? memory.Data : null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <exception cref="NoProfileException">It cannot be told.</exception>
    public async Task<ProfileData> ProfileAsync(ProfileOrder order, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(order.Seconds) + s_timeout);
        try
        {
            return await AskAsync(number => new WorkerMessage.AskProfile(number, order), limit.Token) switch
            {
                WorkerMessage.Profile { Data: { } data } => data,
                WorkerMessage.Profile { Problem: { } problem } => throw new NoProfileException(problem),
                _ => throw new NoProfileException($"Process {Id} has ended."),
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new NoProfileException($"Process {Id} does not answer.");
        }
    }

    /// <summary>Null when it has ended.</summary>
    private async Task<WorkerMessage?> AskAsync(Func<long, WorkerMessage> question, CancellationToken cancellationToken)
    {
        var number = Interlocked.Increment(ref _lastQuestion);
        var answer = _questions[number] = new TaskCompletionSource<WorkerMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            Link.Post(question(number));
            await Task.WhenAny(answer.Task, Exited).WaitAsync(cancellationToken);
            return answer.Task.IsCompletedSuccessfully ? await answer.Task : null;
        }
        catch (OperationCanceledException)
        {
            Link.Post(new WorkerMessage.Forget(number));
            throw;
        }
        finally
        {
            _questions.TryRemove(number, out _);
        }
    }

    /// <summary>Has the worker end its app and itself. After the grace, and some time for that, the process is ended.</summary>
    /// <exception cref="AppStuckException">It had to be.</exception>
    public async Task EndAsync(TimeSpan grace)
    {
        Link.Post(new WorkerMessage.End(grace == Timeout.InfiniteTimeSpan ? -1 : grace.TotalMilliseconds));
        var limit = grace == Timeout.InfiniteTimeSpan ? grace : grace + s_timeout;
        await ((Task)Exited).WaitAsync(limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var isStuck = !Exited.IsCompleted;
        await KillAsync();
        if (isStuck)
            throw new AppStuckException($"Process {Id} did not end within {limit.TotalSeconds:0.#} s, and was killed");
    }

    /// <summary>As <see cref="KillAsync"/>, but does not wait.</summary>
    public void KillNow() => _link?.KillNow();

    /// <summary>Ends the app at once, and what it has started.</summary>
    public async Task KillAsync()
    {
        if (_link is not null)
            await _link.KillAsync();
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        _connections.Dispose();
        WorkerFolder.Remove(_start.Order.Http1);
        WorkerFolder.Remove(_start.Order.Http2);
    }

    private void Take(WorkerMessage message)
    {
        switch (message)
        {
            case WorkerMessage.Ready ready:
                _ready.TrySetResult(ready);
                break;
            case WorkerMessage.Failed failed:
                _ready.TrySetException(failed.Error is { } error ? new AppLoadException(error) : new AppLoadException(failed.Message));
                break;
            case WorkerMessage.Memory memory when _questions.TryGetValue(memory.Number, out var asked):
                asked.TrySetResult(memory);
                break;
            case WorkerMessage.Profile profile when _questions.TryGetValue(profile.Number, out var asked):
                asked.TrySetResult(profile);
                break;
            case WorkerMessage.Running running when _questions.TryGetValue(running.Number, out var asked):
                asked.TrySetResult(running);
                break;
            // Of no other tenant.
            case WorkerMessage.Line line when line.Generation == Name:
                _start.Output.WriteLine(line.Generation, line.Stream, line.Text, line.TraceParent);
                break;
            case WorkerMessage.Record record when record.Logged.Generation == Name:
                _start.Output.WriteRecord(record.Logged);
                break;
            case WorkerMessage.Opened opened:
                _start.Opened(opened);
                break;
            case WorkerMessage.Broken broken:
                _start.Broken(broken);
                break;
            case WorkerMessage.Slow slow:
                _start.Slow(slow);
                break;
        }
    }
}
