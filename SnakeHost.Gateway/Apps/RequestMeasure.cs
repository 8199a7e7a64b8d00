using System.Diagnostics;

namespace SnakeHost.Gateway.Apps;

/// <summary>What is measured of one request on its way through Python. There is one only while somebody listens.</summary>
/// <remarks>One thread after the other writes to it; the exchange's completion hands it back to who reads.</remarks>
internal sealed class RequestMeasure(Activity? span)
{
    private readonly long _queued = Stopwatch.GetTimestamp();
    private long _taken;
    private long _called;
    private long _answered;
    private long _sent;

    /// <summary>
    /// The span as a <c>traceparent</c> (W3C Trace Context, 3.2) for the app to continue; null when it is not recorded, and then the
    /// client's own goes to the app.
    /// </summary>
    public string? TraceParent { get; } = span is { Recorded: true } ? span.Id : null;

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

    public void Send(long bytes) => _sent += bytes;

    /// <summary>A message on a WebSocket; none, when the socket is accepted.</summary>
    public void Receive(long bytes) => Received = (Received ?? 0) + bytes;

    /// <summary>When it was found to be slow, and what its code was doing then.</summary>
    public (DateTimeOffset Time, string Stack)? Slow { get; private set; }

    public void MarkSlow(string stack) => Slow = (DateTimeOffset.UtcNow, stack);

    /// <summary>The answer is complete, or there will be none.</summary>
    public void Answer() => _answered = Stopwatch.GetTimestamp();

    private static TimeSpan Between(long from, long to) => from == 0 || to == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(from, to);
}
