using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net.Sockets;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Interop;
using SnakeHost.Gateway.Launch;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Workers;

/// <summary>A worker, as its gateway sees it: the process, the way to it, and what it has been given.</summary>
[SuppressMessage("Design", "CA1001", Justification = "KillAsync disposes of them.")]
internal sealed class WorkerProcess
{
    /// <summary>The first argument of a worker's program; the path of its control socket and that of its interpreter follow.</summary>
    public const string Option = "--worker";

    /// <summary>Beyond the grace: for the app's own end, and the interpreter's.</summary>
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(1);

    /// <summary>For an answer that needs no time of its own.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    private readonly Process _process;
    private readonly WorkerStart _start;
    private readonly ConcurrentDictionary<long, TaskCompletionSource<WorkerMessage>> _questions = new();
    private readonly TaskCompletionSource<WorkerMessage.Ready> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ControlChannel? _control;
    private WorkerConnections? _connections;
    private readonly long _started = Stopwatch.GetTimestamp();
    private int _inFlight;
    private int _waiting;
    private long _requests;
    private int _isDisposed;
    private long _lastQuestion;

    private WorkerProcess(Process process, WorkerStart start) => (_process, _start, Id) = (process, start, process.Id);

    public int Id { get; }

    /// <summary>Completes with a clause, <c>was ended by SIGSEGV</c>, when the process has ended and all that it has said is known.</summary>
    public Task<string> Exited => _exited.Task;

    public WorkerMessage.Ready Loaded => _ready.Task.Result;

    public WorkerConnections Connections => _connections!;

    /// <summary>Whether it may be given requests.</summary>
    public bool IsAlive => !_exited.Task.IsCompleted && !IsRefusing;

    /// <summary>It has not taken a connection: it ends, which is known in a moment.</summary>
    public bool IsRefusing { get; set; }

    /// <summary>Another one is to take its place.</summary>
    public bool IsLeaving { get; set; }

    /// <summary>What was waited before it was started; null for those that a load has started.</summary>
    public TimeSpan? Pause { get; set; }

    public TimeSpan Age => Stopwatch.GetElapsedTime(_started);

    public string Secret => _start.Order.Secret;

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
        var path = start.Socket + WorkerFolder.Control;
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        WorkerProcess worker;
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen(1);
            var command = OwnProgram.CreateStart(start.Python, [Option, path, start.Python]);
            // Nothing to read: the gateway's own input is not for apps.
            command.RedirectStandardInput = true;
            var process = Process.Start(command)!;
            process.StandardInput.Close();
            worker = new WorkerProcess(process, start);
        }
        catch (Exception e) when (e is Win32Exception or SocketException or IOException)
        {
            throw new AppLoadException($"The system starts no process for the app: {e.Message}", e);
        }

        try
        {
            await worker.ConnectAsync(listener, cancellationToken);
            connected();
            await Task.WhenAny(worker._ready.Task, worker._exited.Task).WaitAsync(cancellationToken);
            if (!worker._ready.Task.IsCompleted)
                throw new AppLoadException($"The app's process {await worker._exited.Task} while it was loading the app.");
            await worker._ready.Task;
            return worker;
        }
        catch
        {
            await worker.KillAsync();
            throw;
        }
        finally
        {
            Remove(path);
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

    public void Post(WorkerMessage message) => _control!.Post(message);

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

    /// <summary>Null when it has ended.</summary>
    private async Task<WorkerMessage?> AskAsync(Func<long, WorkerMessage> question, CancellationToken cancellationToken)
    {
        var number = Interlocked.Increment(ref _lastQuestion);
        var answer = _questions[number] = new TaskCompletionSource<WorkerMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            _control!.Post(question(number));
            await Task.WhenAny(answer.Task, _exited.Task).WaitAsync(cancellationToken);
            return answer.Task.IsCompletedSuccessfully ? await answer.Task : null;
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
        _control!.Post(new WorkerMessage.End(grace == Timeout.InfiniteTimeSpan ? -1 : grace.TotalMilliseconds));
        var limit = grace == Timeout.InfiniteTimeSpan ? grace : grace + s_timeout;
        await ((Task)_exited.Task).WaitAsync(limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var isStuck = !_exited.Task.IsCompleted;
        await KillAsync();
        if (isStuck)
            throw new AppStuckException($"Process {Id} did not end within {limit.TotalSeconds:0.#} s, and was killed");
    }

    /// <summary>As <see cref="KillAsync"/>, but does not wait.</summary>
    public void KillNow()
    {
        // Not by its number alone, which may be somebody else's once it has ended.
        if (_exited.Task.IsCompleted)
            return;
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }
    }

    /// <summary>Ends the process and its children at once.</summary>
    public async Task KillAsync()
    {
        KillNow();
        await _exited.Task;
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        if (_control is not null)
            await _control.DisposeAsync();
        _connections?.Dispose();
        Remove(_start.Order.Http1);
        Remove(_start.Order.Http2);
        _process.Dispose();
    }

    private static void Remove(string socket)
    {
        try
        {
            File.Delete(socket);
        }
        catch (IOException)
        {
            // Its folder has gone, with it.
        }
    }

    private async Task ConnectAsync(Socket listener, CancellationToken cancellationToken)
    {
        using var gone = new CancellationTokenSource();
        var ended = _process.WaitForExitAsync(CancellationToken.None);
        var accept = listener.AcceptAsync(gone.Token).AsTask();
        _ = FollowAsync(accept, ended);
        await Task.WhenAny(accept, ended).WaitAsync(cancellationToken);
        if (accept.IsCompletedSuccessfully)
            return;
        await gone.CancelAsync();
        throw new AppLoadException($"The app's process {await _exited.Task} before it could be told what to load: its own words are in the gateway's output.");
    }

    /// <summary>Hears the worker out, to the process's end.</summary>
    private async Task FollowAsync(Task<Socket> accept, Task ended)
    {
        try
        {
            await Task.WhenAny(accept, ended);
            if (accept.IsCompletedSuccessfully)
                await HearAsync(await accept, ended);
        }
        catch (Exception)
        {
            // What cannot be heard cannot be told what to do either.
            KillNow();
        }

        await ended;
        // It leads a group: its children end with it. At once, while nobody else has its number.
        _ = LibC.Kill(-Id, LibC.KillSignal);
        _exited.SetResult(ProcessEnd.Describe(_process.ExitCode));
    }

    private async Task HearAsync(Socket socket, Task ended)
    {
        _control = new ControlChannel(socket);
        _connections = new WorkerConnections(_start.Order.Http1, _start.Order.Http2);
        _control.Post(_start.Order);
        // A child of the worker's may hold the connection beyond the worker's end.
        var silence = new CancellationTokenSource();
        _ = ended.ContinueWith(_ => silence.CancelAfter(s_silence), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        try
        {
            await foreach (var message in _control.ReadAllAsync(silence.Token))
                Take(message);
        }
        catch (OperationCanceledException)
        {
            // See above.
        }
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
