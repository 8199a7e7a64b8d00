using System.Diagnostics;

namespace SnakeHost.Gateway.Apps;

/// <summary>What is measured of one request on its way through Python. There is one only while somebody listens.</summary>
/// <remarks>One thread after the other writes to it; the exchange's completion hands it back to who reads.</remarks>
/// <param name="traceParent">
/// The request as a <c>traceparent</c> (W3C Trace Context, 3.2) for the app to continue, which says whether it is recorded; null where no traces are exported, and then the client's own goes to
/// the app.
/// </param>
internal sealed class RequestMeasure(string? traceParent)
{
    private readonly long _queued = Stopwatch.GetTimestamp();
    private long _taken;
    private long _called;
    private long _begun;
    private long _answered;
    private long _sent;
    private bool _isOpen;

    /// <inheritdoc cref="RequestMeasure(string?)"/>
    public string? TraceParent => traceParent;

    /// <summary>The template of the route that the app's framework has chosen, as <c>/orders/{id}</c>, below the route's prefix; null where it says nothing.</summary>
    public string? Route { get; private set; }

    /// <summary>What the app has raised, and its framework has made an answer of.</summary>
    public RaisedError? Raised { get; private set; }

    /// <summary>The JSON of a <see cref="SaidOfSpan"/>; null for nothing.</summary>
    public string? Said { get; private set; }

    /// <summary>What lasts as long as app and client want it to, one of <see cref="Streams"/>; null for a plain answer.</summary>
    public string? Stream { get; private set; }

    /// <summary>The same, as far as it can be told when the answer begins.</summary>
    public string? LikelyStream => Stream ?? (_isOpen ? Streams.Body : null);

    /// <summary>Bytes of the response's body.</summary>
    public long Sent => _sent;

    /// <summary>Bytes of the messages that the client has sent on a WebSocket, else null. Those that it was sent are <see cref="Sent"/>.</summary>
    public long? Received { get; private set; }

    /// <summary>From the queue to the thread or loop that takes it.</summary>
    public TimeSpan Queued => Between(_queued, _taken);

    /// <summary>From there to the call of the app: the wait for the GIL.</summary>
    public TimeSpan GilWait => Between(_taken, _called);

    /// <summary>From the call to the end of the answer.</summary>
    public TimeSpan InPython => Between(_called, _answered);

    /// <summary>From the queue to the beginning of a stream.</summary>
    public TimeSpan UntilBegun => Between(_queued, _begun);

    /// <summary>From there to now.</summary>
    public TimeSpan SinceBegun => Stopwatch.GetElapsedTime(_begun);

    /// <summary>Whether the app has been called.</summary>
    public bool IsCalled => _called != 0;

    /// <summary>A thread has taken it and is about to ask for the GIL.</summary>
    public void Take() => _taken = Stopwatch.GetTimestamp();

    /// <summary>The app is about to be called; with the GIL.</summary>
    public void Call()
    {
        _called = Stopwatch.GetTimestamp();
        if (_taken == 0)
            _taken = _called;
    }

    /// <summary>A part of the answer. Some frameworks give all in parts: the second makes it a stream.</summary>
    public void Send(long bytes)
    {
        if (_isOpen && _sent > 0)
            Stream ??= Streams.Body;
        _sent += bytes;
    }

    /// <summary>A message on a WebSocket.</summary>
    public void Receive(long bytes) => Received = (Received ?? 0) + bytes;

    /// <summary>When it was found to be slow, and what its code was doing then.</summary>
    public SlowMark? Slow { get; private set; }

    public void MarkSlow(string stack) => Slow = new(DateTimeOffset.UtcNow, stack);

    /// <summary>The connection has become a WebSocket.</summary>
    public void Accept()
    {
        Receive(0);
        (_begun, Stream) = (Stopwatch.GetTimestamp(), Streams.WebSocket);
    }

    /// <summary>The first part of the answer goes out, and the app has more to give. Later calls do nothing.</summary>
    public void Begin(HttpResponse response)
    {
        if (_begun != 0)
            return;
        _begun = Stopwatch.GetTimestamp();
        // What has a length is a file or a page, however long the client takes for it.
        _isOpen = response.ContentLength is null;
        if (response.ContentType?.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase) == true)
            Stream = Streams.Events;
    }

    /// <summary>What the framework has told; null for what it has told before, or does not know.</summary>
    /// <param name="error">The JSON of <c>errors.describe</c>.</param>
    /// <param name="said">The JSON of a <see cref="SaidOfSpan"/>.</param>
    public void Note(string? route, string? error, string? said)
    {
        Route = route ?? Route;
        Said = said ?? Said;
        if (error is not null && PythonErrorJson.Parse(error) is var raised)
            Raised = new RaisedError(raised.Type, raised.Message, raised.Traceback);
    }

    /// <summary>The answer is complete, or there will be none.</summary>
    public void Answer() => _answered = Stopwatch.GetTimestamp();

    /// <summary>What was measured elsewhere, which has just begun to answer.</summary>
    public void Adopt(TimeSpan queued, TimeSpan gilWait, string? stream, string? route, RaisedError? raised, SlowMark? slow, string? said)
    {
        (Route, Raised, Slow, Said) = (route, raised, slow, said);
        _taken = _queued + Ticks(queued);
        _called = _taken + Ticks(gilWait);
        if (stream is not null)
            (_begun, Stream) = (Stopwatch.GetTimestamp(), stream);
    }

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);

    private static TimeSpan Between(long from, long to) => from == 0 || to == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(from, to);

    /// <summary>Kinds of <see cref="Stream"/>.</summary>
    public static class Streams
    {
        public const string WebSocket = "websocket";

        /// <summary>Server-sent events.</summary>
        public const string Events = "events";

        /// <summary>A body of unknown length that comes in parts.</summary>
        public const string Body = "body";
    }
}
