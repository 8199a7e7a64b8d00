using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Runtime;

namespace SnakeHost.Gateway.Asgi;

/// <summary>An ASGI app on an event loop of its own, in a thread of its own.</summary>
/// <remarks>
/// No .NET thread ever takes the GIL for it: requests go on a <see cref="LoopQueue"/>, and the loop's thread, which holds the GIL
/// anyway while it is awake, builds the scopes and writes the responses.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "Its own thread disposes them when it ends.")]
internal sealed class AsgiApplication : IPythonApplication
{
    /// <summary>So many items at most are taken before the loop turns to its other work.</summary>
    private const int Batch = 64;

    /// <summary>Longer than <c>snakehost/asgi.py</c> waits in all for tasks that it has cancelled.</summary>
    private static readonly TimeSpan s_cancelling = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(5);

    private readonly AsgiRuntime _runtime;
    private readonly LoadedApp _app;
    private readonly PythonThread _thread;
    private readonly LifespanMode _lifespan;
    private readonly LoopQueue _queue = new();
    private readonly TaskCompletionSource _served = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile GracePeriod? _grace;
    private Scope? _scopes;
    private Scope? _socketScopes;
    private int _modules;
    private uint _takes;
    private volatile bool _ended;

    /// <summary>Runs on the thread that has imported the app, with the GIL.</summary>
    /// <param name="thread">The thread that has imported it and becomes the loop's.</param>
    /// <param name="lifespan">Whether the app is told of its start and end.</param>
    public AsgiApplication(AsgiRuntime runtime, LoadedApp app, PythonThread thread, LifespanMode lifespan)
    {
        _runtime = runtime;
        _app = app;
        _thread = thread;
        _lifespan = lifespan;
        _modules = app.CountModules();
        SourceFiles = app.ListSourceFiles();
        Imports = app.ListImports();
    }

    public string App => _app.App;

    public InterfaceKind Interface => InterfaceKind.Asgi;

    public IReadOnlyList<SourceFile> SourceFiles { get; }

    public IReadOnlyList<ImportedModule> Imports { get; }

    public int Modules => Volatile.Read(ref _modules);

    public int QueueLength => _queue.Waiting;

    public async Task HandleAsync(HttpContext context, RequestMeasure? measure)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        if (RefusedHandshake.Find(context) is { } refused)
        {
            await refused.AnswerAsync(context);
            return;
        }

        var exchange = AsgiExchange.Start(context, _queue, measure);
        _queue.Add(new LoopItem(exchange, new LoopEvent(LoopEventKind.Request)));
        await exchange.WaitAsync();
        try
        {
            if (exchange.Rest is { } rest)
                await SendAsync(exchange, rest);
            await AnswerEnd.FlushAsync(context);
        }
        finally
        {
            await exchange.FinishAsync();
        }

        exchange.ThrowIfFailed();
        if (exchange.Remaining > 0 && !exchange.IsAbandoned && !HttpMethods.IsHead(context.Request.Method))
            throw AppFailedException.BodyTooShort(exchange.Remaining);
    }

    public Task<IReadOnlyList<RunningRequest>> RequestsAsync(CancellationToken cancellationToken)
    {
        var own = AsgiExchange.Table.Where(IsOwn);
        return Inspection.DescribeAsync(_app, own, _queue, () => OnLoop(own), cancellationToken);
    }

    public Task<IReadOnlyList<RunningRequest>> TakeSlowAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var slow = AsgiExchange.Table.Where(exchange => IsOwn(exchange) && exchange.IsSlow(limit));
        return Inspection.TakeSlowAsync(_app, slow, () => OnLoop(slow), cancellationToken);
    }

    public Task<ProfileData> ProfileAsync(ProfileOrder order, CancellationToken cancellationToken) => Profiler.ProfileAsync(_app, () => [_thread], order, cancellationToken);

    public Task<AppMemory?> MeasureAsync(CancellationToken cancellationToken) => MemoryInspection.MeasureAsync(_app, cancellationToken);

    public Task<string?> FindKeeperAsync(CancellationToken cancellationToken) => MemoryInspection.FindKeeperAsync(_app, cancellationToken);

    private static Dictionary<long, PythonThread?> OnLoop(List<AsgiExchange> requests) => requests.ToDictionary(exchange => exchange.Id, _ => (PythonThread?)null);

    private bool IsOwn(AsgiExchange exchange) => ReferenceEquals(exchange.Loop, _queue);

    private static async Task SendAsync(AsgiExchange exchange, IBodyPart rest)
    {
        using var sending = exchange.ShowSending();
        var length = rest.Left;
        using (rest)
            await rest.CopyToAsync(exchange.Context.Response, exchange.Context.RequestAborted);
        exchange.CountSent(length - rest.Left);
    }

    /// <summary>Runs the loop until the app is closed. On the app's thread, without the GIL.</summary>
    /// <param name="ready">Called when the app has started.</param>
    /// <param name="failed">Called instead when its lifespan refuses, with the JSON of <c>errors.describe</c> or a sentence.</param>
    public void Run(Action ready, Action<string> failed)
    {
        using (_thread.Attach())
        {
            using var take = new NativeFunction("take", Take);
            using var started = new NativeFunction("started", arguments =>
            {
                var belowRoot = _app.WantsPathBelowRoot();
                _scopes = new Scope(_runtime.Template.Value.Call(arguments[0]), belowRoot);
                _socketScopes = new Scope(_runtime.SocketTemplate.Value.Call(arguments[0]), belowRoot);
                ready();
                return PyBorrowed.None.Own();
            });
            using var refused = new NativeFunction("refused", arguments =>
            {
                failed(arguments[0].ToString());
                return PyBorrowed.None.Own();
            });
            using var descriptor = Py.Int(_queue.Descriptor);
            using var lifespan = Py.String(_lifespan.Lower());
            _thread.IsInterruptible = true;
            try
            {
                _runtime.Serve.Value.Call(_app.Callable, _runtime.Functions, _runtime.SocketFunctions, take, started, refused, descriptor, lifespan).Dispose();
            }
            catch (PythonException e)
            {
                failed(_app.Describe(e));
                e.Exception.Dispose();
            }

            _thread.EndInterruptible();
            _ended = true;
            _served.SetResult();
            FailRemaining();
            _queue.Dispose();
            _scopes?.Dispose();
            _socketScopes?.Dispose();
            _app.Dispose(_grace?.Left ?? TimeSpan.Zero);
        }
    }

    /// <summary>Wakes the loop and has it end, though the app may not have started yet.</summary>
    /// <param name="grace">What it has for that.</param>
    public void Stop(TimeSpan grace)
    {
        _grace = new GracePeriod(grace, TimeProvider.System);
        _queue.Add(new LoopItem(null, new LoopEvent(LoopEventKind.Stop, Code: (int)grace.TotalMilliseconds)));
    }

    public async Task EndAsync(TimeSpan grace)
    {
        Stop(grace);
        var patience = grace == Timeout.InfiniteTimeSpan ? grace : grace + s_cancelling;
        await _served.Task.WaitAsync(patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_served.Task.IsCompleted)
        {
            // The loop is blocked by code that does not await. It cannot be stopped from outside, only asked.
            await Interruption.RequestAsync([_thread]);
            await AppStuckException.AwaitAsync(_served.Task, s_timeout, "code that blocks its event loop");
        }

        // The app's own end is never interrupted: how long it takes depends on how many end at once.
        await _thread.Exited;
    }

    /// <summary><c>take() -> [(kind, id, first, second), …]</c>; see <see cref="LoopEventKind"/> and <c>snakehost/asgi.py</c>.</summary>
    private PyOwned Take(ReadOnlySpan<PyBorrowed> arguments)
    {
        // An app imports most of its modules before its first request, and some in it.
        if (_takes++ % 256 == 1)
            Volatile.Write(ref _modules, _app.CountModules());
        var list = Py.List();
        _queue.BeginTaking();
        var left = Batch;
        while (left-- > 0 && _queue.TryTake(out var item))
        {
            if (item.Event.Kind == LoopEventKind.Request)
                AppendRequest(list, item.Exchange!);
            else if (item.Event.Kind == LoopEventKind.Body)
                AppendBody(list, item.Exchange!);
            else
                Py.AppendNew(list, Py.Tuple(Py.Int((int)item.Event.Kind), Py.Int(item.Exchange?.Id ?? 0), Payload(item.Event)));
        }

        if (_queue.Count > 0)
            _queue.SignalAgain();
        return list;
    }

    private void AppendRequest(PyBorrowed list, AsgiExchange exchange)
    {
        try
        {
            exchange.Measure?.Call();
            var traceParent = exchange.Measure?.TraceParent;
            if (exchange.Measure is not null)
                Py.AppendNew(list, Py.Tuple(Py.Int((int)LoopEventKind.Trace), Py.Int(exchange.Id), traceParent is null ? PyBorrowed.None.Own() : Py.Latin1(traceParent)));
            if (exchange is WebSocketExchange)
                Py.AppendNew(list, Py.Tuple(_socketScopes!.BuildSocket(exchange.Context, traceParent), Py.Int(exchange.Id), PyBorrowed.Boolean(false).Own()));
            else
                Py.AppendNew(list, Py.Tuple(_scopes!.Build(exchange.Context, traceParent), Py.Int(exchange.Id), Body(exchange)));
        }
        catch (Exception e)
        {
            exchange.Failure = e;
            exchange.Complete();
        }
    }

    /// <summary>There is something of the body to be taken.</summary>
    private static void AppendBody(PyBorrowed list, AsgiExchange exchange)
    {
        // The answer may have been completed since, and its context serves another request by now.
        if (AsgiExchange.Table.Find(exchange.Id) != exchange)
            return;
        try
        {
            if (exchange.TryTakeBody(out var part))
                Py.AppendNew(list, Py.Tuple(Py.Int((int)LoopEventKind.Body), Py.Int(exchange.Id), part));
            else
                exchange.StartReading();
        }
        catch (Exception e) when (e is not PythonException)
        {
            // Whatever it is: for the app the client is gone, as when reading fails while it is awaited.
            exchange.FailBody(e);
            Py.AppendNew(list, Py.Tuple(Py.Int((int)LoopEventKind.Disconnect), Py.Int(exchange.Id), PyBorrowed.None.Own()));
        }
    }

    private static PyOwned Payload(LoopEvent news) => news.Kind switch
    {
        LoopEventKind.Message => Py.Tuple(Py.Bytes(news.Data), PyBorrowed.Boolean(news.Last).Own()),
        LoopEventKind.Stop => Py.Int(news.Code),
        LoopEventKind.Closed => Py.Tuple(Py.Int(news.Code), Py.String(Encoding.UTF8.GetString(news.Data!))),
        _ => PyBorrowed.None.Own(),
    };

    /// <summary>The whole body when there is none (empty) or a small one that has arrived; None when it is to be received.</summary>
    private static PyOwned Body(AsgiExchange exchange)
    {
        var request = exchange.Context.Request;
        if (request.ContentLength is 0 || exchange.Context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
            return Py.Bytes(ReadOnlySpan<byte>.Empty);

        // Reading tells a client that waits for it to go on (100 Continue): that is for the app to decide.
        if (request.ContentLength is <= AsgiExchange.LargestPart and var length && request.Headers.Expect.Count == 0 && request.BodyReader.TryRead(out var read))
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

        return PyBorrowed.None.Own();
    }

    /// <summary>Requests that were queued when the loop had ended, which only a crash of the loop can leave.</summary>
    private void FailRemaining()
    {
        while (_queue.TryTake(out var item))
        {
            if (item is { Event.Kind: LoopEventKind.Request, Exchange: { } exchange })
            {
                exchange.Failure = new AppFailedException("The event loop of the app has ended.", StatusCodes.Status503ServiceUnavailable);
                exchange.Complete();
            }
        }
    }
}
