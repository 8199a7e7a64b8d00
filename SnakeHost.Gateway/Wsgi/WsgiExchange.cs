using System.Threading.Tasks.Sources;
using SnakeHost.Gateway.Http;
using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Gateway.Wsgi;

/// <summary>
/// One request on its way through a WSGI app. From the moment it is queued until <see cref="Complete"/> it belongs to the Python
/// side: the ASP.NET side only waits.
/// </summary>
internal sealed class WsgiExchange : IValueTaskSource
{
    // Continuations must not run on the Python thread, which holds the GIL when it completes an exchange.
    private ManualResetValueTaskSourceCore<bool> _completion = new() { RunContinuationsAsynchronously = true };

    private WsgiExchange()
    {
    }

    public static ExchangeTable<WsgiExchange> Table { get; } = new();

    public HttpContext Context { get; private set; } = null!;

    public long Id { get; private set; }

    /// <summary>Null when nobody listens.</summary>
    public RequestMeasure? Measure { get; private init; }

    /// <summary>A header section has been handed to the server; the status and headers can no longer change.</summary>
    public bool Started { get; set; }

    /// <summary>Bytes of the body that the declared Content-Length still allows; -1 without one.</summary>
    public long Remaining { get; set; } = -1;

    /// <summary>Why there is no answer, or no whole answer.</summary>
    public Exception? Failure { get; set; }

    /// <summary>The request's own fault (400, 413), found while the app was reading its body.</summary>
    public BadHttpRequestException? BadRequest { get; set; }

    public static WsgiExchange Start(HttpContext context, RequestMeasure? measure)
    {
        var exchange = new WsgiExchange { Context = context, Measure = measure };
        exchange.Id = Table.Add(exchange);
        return exchange;
    }

    /// <exception cref="InvalidOperationException">The request is over.</exception>
    public static WsgiExchange Find(long id) =>
        Table.Find(id) ?? throw new InvalidOperationException("This request has been answered already.");

    public ValueTask WaitAsync() => new(this, _completion.Version);

    /// <summary>Gives the request back to ASP.NET. Later calls do nothing.</summary>
    public void Complete()
    {
        if (!Table.Remove(Id))
            return;
        Measure?.Answer();
        _completion.SetResult(true);
    }

    void IValueTaskSource.GetResult(short token) => _completion.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _completion.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);
}
