using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Tasks.Sources;

namespace SnakeHost.Gateway.Apps;

/// <summary>
/// One request on its way through an app. From the moment it is queued until <see cref="Complete"/> it belongs to the Python
/// side: the ASP.NET side only waits.
/// </summary>
internal abstract class Exchange(HttpContext context, RequestMeasure? measure) : IValueTaskSource, IThreadPoolWorkItem
{
    /// <summary>Those that are over for Python, and a rest of whose answer is being sent.</summary>
    private static readonly ConcurrentDictionary<Exchange, byte> s_sending = new();

    /// <summary>Bytes of a body whose compression holds nobody up.</summary>
    private const int ShortAnswer = 16 * 1024;

    // The continuation runs where the result is set: by the CompletionQueue, never with the GIL.
    private ManualResetValueTaskSourceCore<bool> _completion;
    private readonly int _number = CompletionQueue.Expect();
    private int _hasBegun;
    private long _received, _sent;

    public HttpContext Context => context;

    /// <summary>The queue of the app that answers it.</summary>
    public abstract object Queue { get; }

    /// <summary>When it came, by <see cref="Environment.TickCount64"/>.</summary>
    public long Started { get; } = Environment.TickCount64;

    /// <summary>Some of the answer is on its way.</summary>
    public virtual bool HasBegun => Volatile.Read(ref _hasBegun) != 0;

    /// <summary>Whether it is, or is to become, a WebSocket.</summary>
    public virtual bool IsSocket => false;

    /// <summary>Bytes of the request's body that the app has been given.</summary>
    public long Received => Volatile.Read(ref _received);

    /// <summary>Bytes of the response's body.</summary>
    public long Sent => Volatile.Read(ref _sent);

    /// <summary>Whether it has been told of as slow.</summary>
    public bool IsMarkedSlow { get; private set; }

    /// <summary>By which Python names it.</summary>
    public long Id { get; protected init; }

    /// <summary>Null when nobody listens.</summary>
    public RequestMeasure? Measure => measure;

    /// <summary>The rest of the body, to be sent once the app is done with the request.</summary>
    public IBodyPart? Rest { get; set; }

    /// <summary>Bytes of the body that the declared Content-Length still allows; -1 without one.</summary>
    public long Remaining { get; set; } = -1;

    /// <summary>Why there is no answer, or no whole answer.</summary>
    public Exception? Failure { get; set; }

    /// <summary>The request's own fault (400, 413), found while the app was reading its body.</summary>
    public BadHttpRequestException? BadRequest { get; set; }

    /// <summary>Bytes of the body, or a message, from the client.</summary>
    public void CountReceived(long bytes) => _received += bytes;

    /// <summary>Bytes of the body, or a message, to the client.</summary>
    public void CountSent(long bytes)
    {
        _sent += bytes;
        Measure?.Send(bytes);
    }

    /// <exception cref="Exception">There is no answer, or no whole answer.</exception>
    public void ThrowIfFailed()
    {
        if (Failure is not { } failure)
            return;
        if (failure is AppFailedException app)
            app.IsWhole = Remaining == 0;
        throw failure;
    }

    /// <summary>The answer begins: it is not among those that are expected soon.</summary>
    public void Begin()
    {
        if (Interlocked.Exchange(ref _hasBegun, 1) != 0)
            return;
        EndWaiting();
        CompletionQueue.Arrive();
    }

    public ValueTask WaitAsync() => new(this, _completion.Version);

    /// <summary>Gives the request back to ASP.NET. Later calls do nothing.</summary>
    public void Complete()
    {
        if (TryEnd())
            CompletionQueue.Add(this);
    }

    /// <summary>The same on the app's thread, with the GIL, which others may have meanwhile.</summary>
    public void CompleteHere()
    {
        if (!TryEnd())
            return;
        if (Failure is null && Rest is null && _sent <= ShortAnswer)
            CompletionQueue.SendOrAdd(this, _number);
        else
            CompletionQueue.Add(this);
    }

    private bool TryEnd()
    {
        if (!TryRemove())
            return false;
        Measure?.Answer();
        Begin();
        return true;
    }

    /// <summary>Ends its number; false when that was done before.</summary>
    protected abstract bool TryRemove();

    /// <summary>The request no longer counts as one that waits.</summary>
    protected virtual void EndWaiting()
    {
    }

    /// <summary>An app's requests whose rest is being sent.</summary>
    public static IEnumerable<Exchange> SendingOf(object queue) => s_sending.Keys.Where(exchange => ReferenceEquals(exchange.Queue, queue));

    /// <summary>Has it among those of <see cref="SendingOf"/> until what this gives is disposed of.</summary>
    public Sending ShowSending() => new(this);

    /// <summary>Whether nothing has come of it in that time. A WebSocket, and an answer that has begun, may take as long as they like.</summary>
    public bool IsSlow(TimeSpan limit) => !IsMarkedSlow && !IsSocket && !HasBegun && Environment.TickCount64 - Started >= limit.TotalMilliseconds;

    /// <param name="stack">What its code is doing.</param>
    public void MarkSlow(string stack)
    {
        IsMarkedSlow = true;
        Measure?.MarkSlow(stack);
    }

    /// <summary>What there is to tell of it, by whichever thread; null when it has ended meanwhile.</summary>
    public RunningRequest? Describe()
    {
        try
        {
            var request = context.Request;
            var told = new RunningRequest(
                Id, Environment.ProcessId, 0, request.Method, DisplayText.CleanLine(request.PathBase.Value + request.Path.Value), IsSocket ? RunningRequest.WebSocket : RunningRequest.Http,
                Math.Max(0, Environment.TickCount64 - Started), TraceId(), RunningRequest.Queued, HasBegun, Received, Sent, IsMarkedSlow, []);
            // ASP.NET uses a context for one request after the other.
            return IsUnderWay || s_sending.ContainsKey(this) ? told : null;
        }
        catch (Exception e) when (e is InvalidOperationException or NullReferenceException or ArgumentException)
        {
            // It ended while it was read.
            return null;
        }
    }

    /// <summary>Whether its number is still good.</summary>
    protected abstract bool IsUnderWay { get; }

    private string? TraceId()
    {
        if (Measure?.TraceParent is { } parent && ActivityContext.TryParse(parent, null, out var own))
            return own.TraceId.ToHexString();
        return ActivityContext.TryParse(context.Request.Headers.TraceParent, null, out var client) ? client.TraceId.ToHexString() : null;
    }

    /// <summary>The scope of <see cref="ShowSending"/>.</summary>
    public readonly struct Sending : IDisposable
    {
        private readonly Exchange _exchange;

        internal Sending(Exchange exchange)
        {
            _exchange = exchange;
            s_sending.TryAdd(exchange, 0);
        }

        public void Dispose() => s_sending.TryRemove(_exchange, out _);
    }

    void IThreadPoolWorkItem.Execute() => _completion.SetResult(true);

    void IValueTaskSource.GetResult(short token) => _completion.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _completion.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);
}
