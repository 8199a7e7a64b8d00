using System.Threading.Tasks.Sources;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Http;

namespace SnakeHost.Gateway.Wsgi;

/// <summary>
/// One request on its way through a WSGI app. From the moment it is queued until <see cref="Complete"/> it belongs to the Python
/// side: the ASP.NET side only waits.
/// </summary>
internal sealed class WsgiExchange : IValueTaskSource, IThreadPoolWorkItem
{
    private const string Left = "The client has closed the connection.";

    /// <summary>Milliseconds. Looking whether the client has left costs something: only those that have waited are worth it.</summary>
    private const long LookAfter = 50;

    private readonly long _started = Environment.TickCount64;

    // The continuation runs where the result is set: on the answers' thread, never on the Python thread, which holds the GIL.
    private ManualResetValueTaskSourceCore<bool> _completion;

    private bool _hasLeft;
    private int _hasBegun;

    private WsgiExchange()
    {
    }

    public static ExchangeTable<WsgiExchange> Table { get; } = new();

    public HttpContext Context { get; private set; } = null!;

    public long Id { get; private set; }

    /// <summary>Null when nobody listens.</summary>
    public RequestMeasure? Measure { get; private init; }

    /// <summary>The app has called <c>start_response()</c>.</summary>
    public bool HasHead { get; set; }

    /// <summary>By which the app may take the connection over; null when the client has not asked for a WebSocket.</summary>
    public WsgiSocket? Socket { get; set; }

    /// <summary>The app has given some body; the status and headers can no longer change.</summary>
    public bool HasBody { get; set; }

    /// <summary>The rest of the body, to be sent once the app is done with the request.</summary>
    public IBodyPart? Rest { get; set; }

    /// <summary>Bytes of the body that the declared Content-Length still allows; -1 without one.</summary>
    public long Remaining { get; set; } = -1;

    /// <summary>Why there is no answer, or no whole answer.</summary>
    public Exception? Failure { get; set; }

    /// <summary>The request's own fault (400, 413), found while the app was reading its body.</summary>
    public BadHttpRequestException? BadRequest { get; set; }

    /// <summary>The app has been told that the client is gone, and failed, if it did, of nothing else.</summary>
    public bool IsAbandoned => _hasLeft && (Failure is null || Failure.Message.EndsWith(Left, StringComparison.Ordinal));

    public static WsgiExchange Start(HttpContext context, RequestMeasure? measure)
    {
        var exchange = new WsgiExchange { Context = context, Measure = measure };
        exchange.Id = Table.Add(exchange);
        AnswerQueue.Expect();
        return exchange;
    }

    /// <exception cref="InvalidOperationException">The request is over.</exception>
    public static WsgiExchange Find(long id) =>
        Table.Find(id) ?? throw new InvalidOperationException("This request has been answered already.");

    /// <summary>What an app gets that reads from, or writes to, a client that is gone.</summary>
    public NativeError ClientHasLeft()
    {
        _hasLeft = true;
        return NativeError.Os(Left);
    }

    /// <summary>Whether the client has left while the request waited for a thread.</summary>
    public bool HasLeft()
    {
        var waited = Environment.TickCount64 - _started;
        return waited >= LookAfter && ClientConnection.HasLeft(Context, TimeSpan.FromMilliseconds(waited));
    }

    /// <summary>Gives the request back unanswered, because its client has left.</summary>
    public void Leave()
    {
        _hasLeft = true;
        Complete();
    }

    /// <summary>The answer begins: it is not among those that are expected soon.</summary>
    public void Begin()
    {
        if (Interlocked.Exchange(ref _hasBegun, 1) == 0)
            AnswerQueue.Arrive();
    }

    public ValueTask WaitAsync() => new(this, _completion.Version);

    /// <summary>Gives the request back to ASP.NET. Later calls do nothing.</summary>
    public void Complete()
    {
        if (!Table.Remove(Id))
            return;
        Measure?.Answer();
        Begin();
        AnswerQueue.Add(this);
    }

    void IThreadPoolWorkItem.Execute() => _completion.SetResult(true);

    void IValueTaskSource.GetResult(short token) => _completion.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _completion.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);
}
