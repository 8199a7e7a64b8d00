using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net.WebSockets;
using System.Text;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Asgi;

/// <summary>
/// A request for a WebSocket. Until the app accepts it, it is an HTTP request like any other, and may be answered as one. From then on
/// messages are read here, ahead of the app but only so far, and told the loop; the app's are sent from the loop's thread, and large ones that are compressed from the pool's.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The loop may close a socket whose session has just ended; a source without a wait handle holds nothing but memory.")]
internal sealed class WebSocketExchange : AsgiExchange
{
    /// <summary>Nothing more is read while so many messages, or so many bytes, wait for the app.</summary>
    private const int MaxAhead = 16;
    private const int MaxBytesAhead = 64 * 1024;

    /// <summary>The connection broke without a word (RFC 6455, 7.1.5).</summary>
    private const int Abnormal = 1006;

    /// <summary>
    /// The window of what is compressed for the client, 4 KiB: what a socket costs in memory while it is idle is mostly this, and
    /// Python's websockets has chosen the same.
    /// </summary>
    private const int WindowBits = 12;

    /// <summary>
    /// Messages of so many bytes and more are compressed by a thread of the pool: the loop's would hold the GIL meanwhile, and with it up all apps.
    /// Smaller ones are not worth the wait for another thread.
    /// </summary>
    private const int CompressedElsewhere = 4 * 1024;

    /// <summary>So long the client may take to answer a close.</summary>
    private static readonly TimeSpan s_closeTimeout = TimeSpan.FromSeconds(5);

    private readonly WebSocketSettings _options;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _end = new();
    private WebSocket? _socket;
    private bool _isCompressed;
    private Task _sending = Task.CompletedTask;
    private TaskCompletionSource? _taken;
    private int _ahead;
    private long _bytesAhead;
    private int _closeCode;
    private string _closeReason = "";
    private Task _closing = Task.CompletedTask;

    public WebSocketExchange(HttpContext context, LoopQueue loop, RequestMeasure? measure)
        : base(context, loop, measure)
    {
        _options = context.RequestServices.GetRequiredService<WebSocketSettings>();
    }

    public bool IsAccepted { get; private set; }

    public override bool IsSocket => true;

    /// <summary>Answers the handshake; <see cref="LoopEventKind.Drained"/> tells that it is done.</summary>
    public void Accept(string? subprotocol)
    {
        IsAccepted = true;
        Measure?.Accept();
        Begin();
        var accept = new WebSocketAcceptContext
        {
            SubProtocol = subprotocol,
            KeepAliveInterval = _options.PingInterval,
            KeepAliveTimeout = _options.PingTimeout,
            DangerousEnableCompression = _options.Compression,
            ServerMaxWindowBits = WindowBits,
        };
        _ = Task.Run(() => ServeAsync(accept));
    }

    /// <summary>The app has received so many messages, of so many bytes together.</summary>
    public void Take(int count, long length)
    {
        lock (_gate)
        {
            _ahead -= count;
            _bytesAhead -= length;
            _taken?.TrySetResult();
        }
    }

    /// <summary>Null when the message is sent, true when <see cref="LoopEventKind.Drained"/> will be told, false when the client is gone.</summary>
    public bool? Send(ReadOnlySpan<byte> data, bool isText)
    {
        if (_socket is not { State: WebSocketState.Open or WebSocketState.CloseReceived } socket)
            return false;
        CountSent(data.Length);
        var buffer = ArrayPool<byte>.Shared.Rent(data.Length);
        data.CopyTo(buffer);
        var type = isText ? WebSocketMessageType.Text : WebSocketMessageType.Binary;
        if (_isCompressed && data.Length >= CompressedElsewhere)
            return SendElsewhere(socket, buffer, data.Length, type);
        var sending = SendAsync(socket, buffer, data.Length, type);
        if (sending.IsCompleted)
            return sending.Result ? null : false;
        lock (_gate)
            _sending = TellWhenSentAsync(sending.AsTask());
        return true;
    }

    private bool SendElsewhere(WebSocket socket, byte[] buffer, int length, WebSocketMessageType type)
    {
        lock (_gate)
        {
            // A close that has begun does not wait for it.
            if (_closeCode == 0)
            {
                _sending = TellWhenSentAsync(Task.Run(() => SendAsync(socket, buffer, length, type).AsTask()));
                return true;
            }
        }

        ArrayPool<byte>.Shared.Return(buffer);
        return false;
    }

    /// <summary>Says good-bye; only the first call does. The session ends when the client has answered.</summary>
    public void Close(int code, string reason)
    {
        lock (_gate)
        {
            if (_closeCode != 0)
                return;
            (_closeCode, _closeReason) = (code, reason);
            _taken?.TrySetResult();
            // Else the handshake is under way, and this is done when it has ended.
            if (_socket is { } socket)
                StartClosing(socket);
        }
    }

    private void StartClosing(WebSocket socket)
    {
        _end.CancelAfter(s_closeTimeout);
        _closing = CloseOutputAsync(socket, _sending, _closeCode, _closeReason);
    }

    private async Task ServeAsync(WebSocketAcceptContext accept)
    {
        var (code, reason) = (Abnormal, "");
        try
        {
            var stopping = Context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
            using var socket = await Context.WebSockets.AcceptWebSocketAsync(accept);
            lock (_gate)
            {
                _isCompressed = Context.Response.Headers.SecWebSocketExtensions.Count > 0;
                _socket = socket;
                if (_closeCode != 0)
                    StartClosing(socket);
            }

            Notify(new LoopEvent(LoopEventKind.Drained));
            await using (stopping.UnsafeRegister(static state => ((WebSocketExchange)state!).Notify(new LoopEvent(LoopEventKind.Close)), this))
            {
                await using var aborted = Context.RequestAborted.UnsafeRegister(static state => ((WebSocketExchange)state!)._end.Cancel(), this);
                (code, reason) = await ReceiveAllAsync(socket);
                await _closing;
            }
        }
        catch (Exception e)
        {
            // Broken, in whatever way, or never come to be: for the app the client is gone.
            if (_socket is null && !Context.Response.HasStarted && !Context.RequestAborted.IsCancellationRequested)
                Failure = e;
        }

        Notify(new LoopEvent(LoopEventKind.Closed, Encoding.UTF8.GetBytes(reason), Code: code));
        Complete();
    }

    /// <summary>Until the client closes.</summary>
    private async Task<(int Code, string Reason)> ReceiveAllAsync(WebSocket socket)
    {
        var message = new ArrayBufferWriter<byte>();
        while (true)
        {
            var received = await socket.ReceiveAsync(message.GetMemory(4096), _end.Token);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                // .NET takes an empty close for 1000.
                var isEmpty = Context.Features.Get<IncomingFrames>() is { HasEmptyClose: true };
                var (code, reason) = (isEmpty ? (int)WebSocketCloseStatus.Empty : (int)socket.CloseStatus!, socket.CloseStatusDescription ?? "");
                // Its own code goes back to it, unless we were first. 1005 is a code that no frame may hold.
                Close(isEmpty ? (int)WebSocketCloseStatus.NormalClosure : code, reason);
                await _closing;
                return (code, reason);
            }

            message.Advance(received.Count);
            if (message.WrittenCount > _options.MaxMessage)
            {
                Close((int)WebSocketCloseStatus.MessageTooBig, "");
                await _closing;
                return ((int)WebSocketCloseStatus.MessageTooBig, "");
            }

            if (received.EndOfMessage)
            {
                Measure?.Receive(message.WrittenCount);
                CountReceived(message.WrittenCount);
                await TellMessageAsync(message.WrittenSpan.ToArray(), received.MessageType == WebSocketMessageType.Text);
                // A buffer that one long message has needed is not kept for the life of the connection.
                if (message.Capacity > MaxBytesAhead)
                    message = new ArrayBufferWriter<byte>();
                else
                    message.ResetWrittenCount();
            }
        }
    }

    private async ValueTask TellMessageAsync(byte[] data, bool isText)
    {
        lock (_gate)
        {
            _ahead++;
            _bytesAhead += data.Length;
        }

        Notify(new LoopEvent(LoopEventKind.Message, data, isText));
        while (true)
        {
            Task wait;
            lock (_gate)
            {
                if (_closeCode != 0 || (_ahead < MaxAhead && _bytesAhead < MaxBytesAhead))
                    return;
                _taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                wait = _taken.Task;
            }

            await wait.WaitAsync(_end.Token);
        }
    }

    private async ValueTask<bool> SendAsync(WebSocket socket, byte[] buffer, int length, WebSocketMessageType type)
    {
        try
        {
            await socket.SendAsync(buffer.AsMemory(0, length), type, endOfMessage: true, _end.Token);
            return true;
        }
        catch (Exception)
        {
            // Whatever broke it: the reading side sees the same, and ends.
            socket.Abort();
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task TellWhenSentAsync(Task<bool> sending) =>
        Notify(new LoopEvent(await sending ? LoopEventKind.Drained : LoopEventKind.Disconnect));

    private async Task CloseOutputAsync(WebSocket socket, Task sending, int code, string reason)
    {
        try
        {
            await sending.WaitAsync(_end.Token);
            await socket.CloseOutputAsync((WebSocketCloseStatus)code, reason, _end.Token);
        }
        catch (Exception)
        {
            socket.Abort();
        }
    }
}
