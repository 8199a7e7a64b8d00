using System.Diagnostics.CodeAnalysis;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Http;
using SnakeHost.Gateway.Runtime;

namespace SnakeHost.Gateway.Wsgi;

/// <summary>A WSGI app on its own threads.</summary>
/// <remarks>
/// It starts with the thread that imported it. <see cref="ThreadGrowth"/> adds threads while requests wait and the app waits too, up
/// to the limit, and takes some away that only fight for the GIL; a thread that has been idle for a while ends. A thread takes the GIL once for a batch of requests. The first
/// thread stays to the end: it is the one that runs the app's exit functions.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "Its own thread disposes them when it ends.")]
internal sealed class WsgiApplication : IPythonApplication, IElasticThreads
{
    /// <summary>So many requests at most are answered before another app's thread gets its turn at the GIL.</summary>
    private const int Batch = 16;

    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(30);
    /// <summary>Threads between two requests need a moment even when the grace is over.</summary>
    private static readonly TimeSpan s_minimum = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(5);

    private readonly WsgiRuntime _runtime;
    private readonly LoadedApp _app;
    private readonly PyHandle _handle;
    private readonly Environ _environ;
    private readonly PythonThread _first;
    private readonly string _name;
    private readonly int _limit;
    private readonly int _chunkedBuffer;
    private readonly WorkQueue _queue = new();
    private readonly Lock _gate = new();
    private readonly List<PythonThread> _others = [];
    /// <summary>Of requests under way; null once the app ends.</summary>
    private HashSet<WsgiSocket>? _sockets = [];
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile GracePeriod? _grace;
    private long _completed;
    private int _modules;
    private int _waitingForGil;
    /// <summary>Threads that have the GIL for the app.</summary>
    private int _answering;
    /// <summary>Threads that are to go, and those that are on their way.</summary>
    private int _surplus, _leaving;

    /// <summary>Runs on the thread that has imported the app, with the GIL.</summary>
    public WsgiApplication(WsgiRuntime runtime, LoadedApp app, PythonThread first, string name, int limit, int chunkedBuffer)
    {
        _runtime = runtime;
        _app = app;
        _first = first;
        _name = name;
        _limit = limit;
        _chunkedBuffer = chunkedBuffer;
        _handle = runtime.Bind.Value.Call(app.Callable, runtime.Functions).Keep();
        _environ = new Environ(runtime.Template.Value.Call(PyBorrowed.Boolean(limit > 1), PyBorrowed.Boolean(runtime.IsOneOfMany)));
        _modules = app.CountModules();
        SourceFiles = app.ListSourceFiles();
        Imports = app.ListImports();
    }

    public string App => _app.App;

    public InterfaceKind Interface => InterfaceKind.Wsgi;

    public IReadOnlyList<SourceFile> SourceFiles { get; }

    public IReadOnlyList<ImportedModule> Imports { get; }

    public int Modules => Volatile.Read(ref _modules);

    public int QueueLength => _queue.Count;

    public long Completed => Interlocked.Read(ref _completed);

    internal ServiceTime ServiceTime { get; } = new();

    public async Task HandleAsync(HttpContext context, RequestMeasure? measure)
    {
        if (HttpMethods.IsConnect(context.Request.Method))
        {
            // A WebSocket over HTTP/2 (RFC 8441): whatever the app answered with 200 would be one to the client.
            await RequestFraming.AnswerAsync(context, StatusCodes.Status501NotImplemented);
            return;
        }

        if (_chunkedBuffer > 0 && UnknownLength.IsIn(context))
            await UnknownLength.AwaitAsync(context, _chunkedBuffer);
        var exchange = WsgiExchange.Start(context, _queue, measure);
        if (!_queue.Add(exchange))
            ThreadGrowth.Watch(this);
        await exchange.WaitAsync();
        if (exchange.Socket is { } socket && await EndAsync(socket))
            return;
        // An answer that is not sent after all may have a rest all the same.
        using var rest = exchange.Rest;
        if (exchange.IsAbandoned)
            ClientConnection.Abandon(context);
        else
            await EndAsync(exchange);
        // The last block, with which a declared length was reached: for that no thread of the app's has waited.
        await AnswerEnd.FlushAsync(context);
    }

    /// <summary>False when the app has answered as it answers any request.</summary>
    private async Task<bool> EndAsync(WsgiSocket socket)
    {
        try
        {
            if (!socket.Decide())
                return false;
            await socket.EndAsync();
            return true;
        }
        finally
        {
            lock (_gate)
                _sockets?.Remove(socket);
        }
    }

    private static Task EndAsync(WsgiExchange exchange)
    {
        exchange.ThrowIfFailed();
        if (exchange.Rest is { } rest)
            return SendAsync(exchange, rest);
        return exchange.Remaining > 0 && !HttpMethods.IsHead(exchange.Context.Request.Method)
            ? throw AppFailedException.BodyTooShort(exchange.Remaining)
            : Task.CompletedTask;
    }

    private static async Task SendAsync(WsgiExchange exchange, IBodyPart rest)
    {
        using var sending = exchange.ShowSending();
        var (context, length) = (exchange.Context, rest.Left);
        var isRead = await rest.CopyToAsync(context.Response, context.RequestAborted);
        exchange.CountSent(length - rest.Left);
        var missing = Math.Max(exchange.Remaining, length) - length + rest.Left;
        if (isRead && missing > 0)
            throw AppFailedException.BodyTooShort(missing);
    }

    public Task<IReadOnlyList<RunningRequest>> RequestsAsync(CancellationToken cancellationToken) =>
        Inspection.DescribeAsync(_app, WsgiExchange.Table.Where(IsOwn), _queue, ListWorkers, cancellationToken);

    public Task<IReadOnlyList<RunningRequest>> TakeSlowAsync(TimeSpan limit, CancellationToken cancellationToken) =>
        Inspection.TakeSlowAsync(_app, WsgiExchange.Table.Where(exchange => IsOwn(exchange) && exchange.IsSlow(limit)), ListWorkers, cancellationToken);

    public Task<ProfileData> ProfileAsync(ProfileOrder order, CancellationToken cancellationToken) => Profiler.ProfileAsync(_app, () => [_first, .. Others()], order, cancellationToken);

    public Task<AppMemory?> MeasureAsync(CancellationToken cancellationToken) => MemoryInspection.MeasureAsync(_app, cancellationToken);

    public Task<string?> FindKeeperAsync(CancellationToken cancellationToken) => MemoryInspection.FindKeeperAsync(_app, cancellationToken);

    private bool IsOwn(WsgiExchange exchange) => ReferenceEquals(exchange.Queue, _queue);

    /// <summary>Which thread answers which request. With the GIL, without which none of them goes on to another one.</summary>
    private Dictionary<long, PythonThread?> ListWorkers()
    {
        var workers = new Dictionary<long, PythonThread?>();
        foreach (var thread in (IEnumerable<PythonThread>)[_first, .. Others()])
        {
            if (thread.Work is WsgiExchange request)
                workers[request.Id] = thread;
        }

        return workers;
    }

    /// <summary>Answers requests until the app is closed. On the first thread, without the GIL.</summary>
    public void Run()
    {
        _ = Work(_first, stay: true);
        foreach (var thread in Others())
            thread.Exited.GetAwaiter().GetResult();
        _idle.SetResult();
        using (_first.Attach())
        {
            _first.EndInterruptible();
            _handle.Dispose();
            _environ.Dispose();
            _app.Dispose(_grace!.Left);
        }
    }

    public async Task EndAsync(TimeSpan grace)
    {
        _grace = new GracePeriod(grace, TimeProvider.System);
        HashSet<WsgiSocket>? sockets;
        // Under the lock: no thread is added once the first one counts those that it has to wait for.
        lock (_gate)
        {
            _queue.Close();
            sockets = _sockets;
            _sockets = null;
        }

        // Who waits for its client would not come to an end by itself.
        foreach (var socket in sockets ?? [])
            socket.Close();
        await _idle.Task.WaitAsync(grace > s_minimum || grace == Timeout.InfiniteTimeSpan ? grace : s_minimum).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_idle.Task.IsCompleted)
        {
            // The app is still inside a request. It cannot be stopped from outside, only asked.
            await Interruption.RequestAsync([_first, .. Others()]);
            await AppStuckException.AwaitAsync(_idle.Task, s_timeout, "code that answers a request");
        }

        // The app's own end is never interrupted: how long it takes depends on how many end at once.
        await _first.Exited;
    }

    public void Grow(int? upTo = null)
    {
        lock (_gate)
        {
            if (_queue.IsClosed)
                return;
            _surplus = 0;
            var others = _others.Count - _leaving;
            var more = upTo - 1 - others ?? 1 + others;
            var room = Math.Min(_limit - 1 - others, Math.Min(more, _queue.Count));
            for (var i = 0; i < room; i++)
                _others.Add(PythonThread.Start(_name, WorkAsOther));
        }
    }

    public void Shrink()
    {
        lock (_gate)
            _surplus += (_others.Count - _leaving - _surplus + 1) / 2;
        ServiceTime.Forget();
    }

    public int Threads
    {
        get
        {
            lock (_gate)
                return 1 + _others.Count - _leaving - _surplus;
        }
    }

    public bool IsShrinking => Volatile.Read(ref _surplus) > 0;

    internal bool HasChoice => _limit > 1;

    internal bool CanGrow => Threads < _limit;

    /// <summary>Whether fewer threads would do.</summary>
    internal ThreadTrial Trial { get; } = new(TimeProvider.System);

    /// <summary>A thread has requests to answer, but not the GIL yet.</summary>
    internal bool IsWaitingForGil => Volatile.Read(ref _waitingForGil) > 0;

    /// <summary>Each thread has called the app: none is just about to, which a busy machine may draw out.</summary>
    internal bool IsOccupied => Volatile.Read(ref _answering) >= Threads;

    private void WorkAsOther(PythonThread thread)
    {
        using (thread.Attach())
            _app.Enter();
        thread.IsServing = true;
        var isSurplus = Work(thread, stay: false);
        using (thread.Attach())
            thread.EndInterruptible();
        lock (_gate)
        {
            _others.Remove(thread);
            if (isSurplus)
                _leaving--;
            else if (_surplus > 0)
                _surplus--;
        }
    }

    /// <summary>True when it is one thread too many, false when it has been idle or the app ends.</summary>
    private bool Work(PythonThread thread, bool stay)
    {
        using var wake = new ManualResetEventSlim();
        while (true)
        {
            if (!stay && IsSurplus())
                return true;
            if (!_queue.TryTake(out var request))
            {
                if (!_queue.Take(stay ? Timeout.InfiniteTimeSpan : s_idle, wake, out request))
                    return false;
                // While this thread was still idle, more than one request may have counted on it.
                if (_queue.Count > 0)
                    ThreadGrowth.Watch(this);
            }

            request.Measure?.Take();
            Interlocked.Increment(ref _waitingForGil);
            using (thread.Attach())
            {
                Interlocked.Decrement(ref _waitingForGil);
                Interlocked.Increment(ref _answering);
                var left = Batch;
                do
                {
                    if (request.HasLeft())
                        request.Leave();
                    else
                        Answer(thread, request);
                }
                while (--left > 0 && (stay || !IsShrinking) && _queue.TryTake(out request));
                Interlocked.Decrement(ref _answering);
            }
        }
    }

    /// <summary>Whether the calling thread is one of those that go. Asked once.</summary>
    private bool IsSurplus()
    {
        if (Volatile.Read(ref _surplus) == 0)
            return false;
        lock (_gate)
        {
            if (_surplus == 0)
                return false;
            _surplus--;
            _leaving++;
            return true;
        }
    }

    private void Answer(PythonThread thread, WsgiExchange request)
    {
        var sample = ServiceTime.Start();
        thread.Work = request;
        thread.IsInterruptible = true;
        try
        {
            request.Measure?.Call();
            var traceParent = request.Measure?.TraceParent;
            using var trace = request.Measure is null ? PyBorrowed.Boolean(false).Own() : traceParent is null ? PyBorrowed.None.Own() : Py.Latin1(traceParent);
            using var environ = _environ.Build(request.Context);
            if (traceParent is not null)
                _environ.SetTraceParent(environ, trace);
            using var socket = WsgiSocket.IsWanted(request.Context) ? OfferSocket(request, environ) : PyBorrowed.None.Own();
            using var id = Py.Int(request.Id);
            using var body = RequestBody(request);
            _handle.Value.Call(environ, id, body, trace).Dispose();
            if (!socket.IsNone && !request.Socket!.Decide())
            {
                using var close = socket.Attribute("close");
                close.Call().Dispose();
            }
        }
        catch (Exception e)
        {
            request.Failure ??= e is PythonException ? new AppFailedException(e.Message) : e;
        }

        thread.IsInterruptible = false;
        thread.Work = null;
        request.Complete();
        ServiceTime.Stop(sample);
        if (Interlocked.Increment(ref _completed) % 256 == 1)
            Volatile.Write(ref _modules, _app.CountModules());
    }

    /// <summary>Puts a socket into the environ by which the app may take the connection over, and gives it.</summary>
    private PyOwned OfferSocket(WsgiExchange request, PyBorrowed environ)
    {
        using var pair = _runtime.SocketPair.Value.Call();
        var socket = pair.Borrow().TupleItem(0).Own();
        _environ.SetSocket(environ, socket);
        request.Socket = new WsgiSocket(request, checked((int)pair.Borrow().TupleItem(1).ToInt64()));
        lock (_gate)
        {
            if (_sockets?.Add(request.Socket) != true)
                request.Socket.Close();
        }

        return socket;
    }

    /// <summary>A body that has arrived whole is handed over as bytes; any other is read as the app asks for it.</summary>
    private static PyOwned RequestBody(WsgiExchange exchange)
    {
        var (context, request) = (exchange.Context, exchange.Context.Request);
        if (request.ContentLength is 0 || context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
            return PyBorrowed.None.Own();

        // Reading tells a client that waits for it to go on (100 Continue): that is for the app to decide.
        if (request.ContentLength is { } length && request.Headers.Expect.Count == 0 && request.BodyReader.TryRead(out var read))
        {
            if (read.Buffer.Length == length)
            {
                var bytes = Py.Bytes(read.Buffer);
                exchange.CountReceived(read.Buffer.Length);
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return bytes;
            }

            request.BodyReader.AdvanceTo(read.Buffer.Start);
        }

        return PyBorrowed.Boolean(true).Own();
    }

    private List<PythonThread> Others()
    {
        lock (_gate)
            return [.. _others];
    }
}
