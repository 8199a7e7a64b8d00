using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Http;

namespace SnakeHost.Gateway.Asgi;

/// <summary>
/// One HTTP request on its way through an ASGI app. The loop's thread writes the response while the ASP.NET side waits; whatever has
/// to be awaited (more of the body, a full pipe, the client's leaving) is awaited on the .NET side and comes back as a
/// <see cref="LoopEvent"/>.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "FinishAsync, with which every request ends, disposes them.")]
internal class AsgiExchange : Exchange
{
    /// <summary>
    /// Bytes of a body in one message. Making one keeps the GIL, and for larger ones malloc gets fresh pages from the kernel each time.
    /// </summary>
    public const int LargestPart = 64 * 1024;

    private CancellationTokenRegistration _abortRegistration;
    private CancellationTokenRegistration _silenceRegistration;
    private Timer? _silence;
    private Task? _reading;
    private Task? _copying;
    private CancellationTokenSource? _copyEnd;

    protected AsgiExchange(HttpContext context, LoopQueue loop, RequestMeasure? measure)
        : base(context, measure)
    {
        Loop = loop;
        Id = Table.Add(this);
    }

    public static ExchangeTable<AsgiExchange> Table { get; } = new();

    public LoopQueue Loop { get; }

    public override object Queue => Loop;

    /// <summary>The app has given up because the client is gone: what is missing of the answer is no failure.</summary>
    public bool IsAbandoned { get; private set; }

    public static AsgiExchange Start(HttpContext context, LoopQueue loop, RequestMeasure? measure)
    {
        var exchange = context.Features.Get<IHttpWebSocketFeature>() is { IsWebSocketRequest: true }
            ? new WebSocketExchange(context, loop, measure)
            : new AsgiExchange(context, loop, measure);
        loop.BeginWaiting();
        return exchange;
    }

    /// <summary>Gives the request back without an answer.</summary>
    public void Abandon()
    {
        IsAbandoned = true;
        // So that nobody who is still there takes the answer for whole.
        ClientConnection.Abandon(Context);
        Complete();
    }

    /// <summary>Copies a part of a file into the response; <see cref="LoopEventKind.Drained"/> tells that it is done.</summary>
    public void SendFile(FilePart part, bool more)
    {
        _copyEnd?.Dispose();
        _copyEnd = CancellationTokenSource.CreateLinkedTokenSource(Context.RequestAborted);
        _copying = Task.Run(() => CopyAsync(part, more, _copyEnd.Token));
    }

    /// <summary>Waits for more of the request body; it comes as <see cref="LoopEventKind.Body"/> or Disconnect.</summary>
    public void StartReading() => _reading = ReadAsync();

    /// <summary>From now on the client's leaving is told as <see cref="LoopEventKind.Disconnect"/>, and so is its silence behind the request.</summary>
    public void WatchForDisconnect()
    {
        WatchForAbort();
        // Not at once: apps that give up on a disconnect (Django) give quick answers to such a client all the same.
        if (_silenceRegistration == default && _silence is null && Context.Features.Get<ClientConnection>() is { } client)
            _silenceRegistration = client.SendingEnded.UnsafeRegister(static state => ((AsgiExchange)state!).AwaitSilence(), this);
    }

    private void AwaitSilence() =>
        _silence = new Timer(static state => ((AsgiExchange)state!).Notify(new LoopEvent(LoopEventKind.Disconnect)), this, ClientConnection.Patience, Timeout.InfiniteTimeSpan);

    private void WatchForAbort()
    {
        if (_abortRegistration == default)
            _abortRegistration = Context.RequestAborted.UnsafeRegister(static state => ((AsgiExchange)state!).Notify(new LoopEvent(LoopEventKind.Disconnect)), this);
    }

    /// <summary>Tells the loop when a flush that did not complete at once is done.</summary>
    public async void AwaitFlush(ValueTask<FlushResult> flush)
    {
        // Kestrel may leave a flush pending for good when the connection ends in an orderly way.
        WatchForAbort();
        try
        {
            var result = await flush;
            Notify(new LoopEvent(result.IsCompleted ? LoopEventKind.Disconnect : LoopEventKind.Drained));
        }
        catch (Exception)
        {
            // The pipe is broken, in whatever way: for the app the client is gone.
            Notify(new LoopEvent(LoopEventKind.Disconnect));
        }
    }

    /// <summary>Ends what is still awaited. The response is complete; ASP.NET will reuse the context.</summary>
    public async ValueTask FinishAsync()
    {
        await _abortRegistration.DisposeAsync();
        await _silenceRegistration.DisposeAsync();
        if (_silence is { } silence)
            await silence.DisposeAsync();
        if (_copying is { } copying)
        {
            await _copyEnd!.CancelAsync();
            await copying;
            _copyEnd.Dispose();
        }

        if (_reading is { IsCompleted: false } reading)
        {
            Context.Request.BodyReader.CancelPendingRead();
            await reading;
        }
    }

    private async Task ReadAsync()
    {
        var reader = Context.Request.BodyReader;
        try
        {
            var result = await reader.ReadAsync(Context.RequestAborted);
            if (result.IsCanceled)
                return;
            // Left where it is until the loop takes it, and with it what has come by then.
            reader.AdvanceTo(result.Buffer.Start);
            Notify(new LoopEvent(LoopEventKind.Body));
        }
        catch (Exception e)
        {
            FailBody(e);
            Notify(new LoopEvent(LoopEventKind.Disconnect));
        }
    }

    /// <summary>Takes what is there of the request body: <c>(data, last)</c>; false when nothing is. With the GIL.</summary>
    /// <exception cref="Exception">The body is malformed, or the client is gone.</exception>
    public bool TryTakeBody(out PyOwned part)
    {
        part = default;
        var reader = Context.Request.BodyReader;
        if (!reader.TryRead(out var read))
            return false;
        var data = read.Buffer.Length > LargestPart ? read.Buffer.Slice(0, LargestPart) : read.Buffer;
        if (data.IsEmpty && !read.IsCompleted)
        {
            reader.AdvanceTo(data.End);
            return false;
        }

        CountReceived(data.Length);
        part = Py.Tuple(Py.Bytes(data), PyBorrowed.Boolean(read.IsCompleted && data.Length == read.Buffer.Length).Own());
        reader.AdvanceTo(data.End);
        return true;
    }

    /// <summary>Notes why a body cannot be read.</summary>
    public void FailBody(Exception e) => BadRequest = RequestFraming.AsBadRequest(e);

    private async Task CopyAsync(FilePart part, bool more, CancellationToken cancellationToken)
    {
        using (part)
        {
            try
            {
                var isRead = await part.CopyToAsync(Context.Response, cancellationToken);
                if (isRead && part.Left > 0)
                    throw new EndOfStreamException($"The file that was to be sent has become {part.Left} bytes shorter.");
                Notify(new LoopEvent(isRead ? LoopEventKind.Drained : LoopEventKind.Disconnect));
            }
            catch (Exception e)
            {
                if (!cancellationToken.IsCancellationRequested)
                    Failure = new AppFailedException(e.Message);
                Notify(new LoopEvent(LoopEventKind.Disconnect));
                Complete();
            }
        }

        // The loop has been told before its request's number ends.
        if (!more)
            Complete();
    }

    protected void Notify(LoopEvent loopEvent) => Loop.Add(new LoopItem(this, loopEvent));

    protected override bool IsUnderWay => Table.Find(Id) == this;

    protected override bool TryRemove() => Table.Remove(Id);

    protected override void EndWaiting() => Loop.EndWaiting();
}
