using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Http;

namespace SnakeHost.Gateway.Wsgi;

/// <summary>One request on its way through a WSGI app.</summary>
internal sealed class WsgiExchange : Exchange
{
    private const string Left = "The client has closed the connection.";

    /// <summary>Milliseconds. Looking whether the client has left costs something: only those that have waited are worth it.</summary>
    private const long LookAfter = 50;

    private bool _hasLeft;

    private WsgiExchange(HttpContext context, WorkQueue queue, RequestMeasure? measure)
        : base(context, measure)
    {
        Queue = queue;
        Id = Table.Add(this);
    }

    public static ExchangeTable<WsgiExchange> Table { get; } = new();

    public override object Queue { get; }

    public override bool HasBegun => HasBody || base.HasBegun || (HasHead && Context.Response.ContentType?.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase) == true);

    public override bool IsSocket => Socket is not null;

    /// <summary>The app has called <c>start_response()</c>.</summary>
    public bool HasHead { get; set; }

    /// <summary>By which the app may take the connection over; null when the client has not asked for a WebSocket.</summary>
    public WsgiSocket? Socket { get; set; }

    /// <summary>The app has given some body; the status and headers can no longer change.</summary>
    public bool HasBody { get; set; }

    /// <summary>The app has been told that the client is gone, and failed, if it did, of nothing else.</summary>
    public bool IsAbandoned => _hasLeft && (Failure is null || Failure.Message.EndsWith(Left, StringComparison.Ordinal));

    public static WsgiExchange Start(HttpContext context, WorkQueue queue, RequestMeasure? measure) => new(context, queue, measure);

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
        var waited = Environment.TickCount64 - Started;
        return waited >= LookAfter && ClientConnection.HasLeft(Context, TimeSpan.FromMilliseconds(waited));
    }

    /// <summary>Gives the request back unanswered, because its client has left.</summary>
    public void Leave()
    {
        _hasLeft = true;
        Complete();
    }

    protected override bool IsUnderWay => Table.Find(Id) == this;

    protected override bool TryRemove() => Table.Remove(Id);
}
