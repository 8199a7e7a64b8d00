using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http.Features;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Http;

namespace SnakeHost.Gateway.Wsgi;

/// <summary>
/// The connection of a request for a WebSocket, as a socket that the app may take over: it writes the head of the answer and speaks to the client by itself, as
/// simple-websocket does (Flask-Sock, Flask-SocketIO).
/// </summary>
/// <remarks>
/// Kestrel's own socket cannot be given away: it has read ahead, and TLS lies above it. So the app has one end of a pair, and what goes through the other end is
/// passed on here. An app that answers by <c>start_response()</c> instead does so as ever. Which of the two it does is decided once: by what it has written
/// when it answers or returns, since what it writes is there at once.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "A source without a wait handle holds nothing but memory, and who closes may come later than the end.")]
internal sealed class WsgiSocket
{
    /// <summary>What simple-websocket finds a socket by, the first that it looks for.</summary>
    public const string Variable = "werkzeug.socket";

    private const int BlockSize = 16 * 1024;
    private static readonly byte[] s_headEnd = "\r\n\r\n"u8.ToArray();

    /// <summary>So long the client may take to answer a close when the app has returned but not closed its socket.</summary>
    private static readonly TimeSpan s_closeTimeout = TimeSpan.FromSeconds(2);

    private readonly WsgiExchange _exchange;
    private readonly Socket _socket;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _end = new();
    private readonly Task _serving;
    private bool? _isTaken;

    /// <param name="descriptor">The other end of the app's socket; taken over.</param>
    public WsgiSocket(WsgiExchange exchange, int descriptor)
    {
        _exchange = exchange;
        _socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
        _serving = Task.Run(ServeAsync);
    }

    /// <summary>Whether the request is for a WebSocket, in HTTP/1.1.</summary>
    public static bool IsWanted(HttpContext context) =>
        context.Request.Headers.Upgrade.Count > 0
        && context.Request.Headers.Upgrade.ToString().Equals("websocket", StringComparison.OrdinalIgnoreCase)
        && context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true };

    /// <summary>Whether the app has taken the connection over. If it has not by now it never will.</summary>
    public bool Decide()
    {
        lock (_gate)
        {
            if (_isTaken is null && !TryTake())
            {
                _isTaken = false;
                HangUp();
            }

            return _isTaken == true;
        }
    }

    /// <summary>The app is done with the request: waits for what it has written, and for the client's part of a good-bye.</summary>
    /// <exception cref="AppFailedException">The app has written something else than the head of an answer with the status 101.</exception>
    public async Task EndAsync()
    {
        _end.CancelAfter(s_closeTimeout);
        await _serving;
    }

    /// <summary>Ends the connection, for the app and for the client.</summary>
    public void Close() => _end.Cancel();

    /// <summary>What the app has written is there at once, so this is whether it has written.</summary>
    private bool TryTake()
    {
        if (_socket.Available == 0)
            return false;
        _isTaken = true;
        _exchange.Begin();
        return true;
    }

    private async Task ServeAsync()
    {
        if (!await WaitAsync())
            return;
        var context = _exchange.Context;
        var stopping = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        await using var stopped = stopping.UnsafeRegister(static state => ((WsgiSocket)state!).Close(), this);
        await using var aborted = context.RequestAborted.UnsafeRegister(static state => ((WsgiSocket)state!).Close(), this);
        try
        {
            var block = new byte[BlockSize];
            var (head, length) = await ReadHeadAsync(block);
            WsgiSocketHead.Set(context.Response, block.AsSpan(0, head));
            await using var stream = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
            _exchange.Measure?.Accept();
            await PassOnAsync(stream, block, (head + s_headEnd.Length)..length);
        }
        catch (Exception e) when (IsEnd(e))
        {
            // An answer that never began is none.
            if (!context.Response.HasStarted)
                ClientConnection.Abandon(context);
        }
        finally
        {
            HangUp();
        }
    }

    /// <summary>The length of the head, and of all that has come with it.</summary>
    private async Task<(int Head, int Length)> ReadHeadAsync(byte[] block)
    {
        for (var length = 0; length < block.Length;)
        {
            var more = await _socket.ReceiveAsync(block.AsMemory(length), _end.Token);
            length += more;
            var head = block.AsSpan(0, length).IndexOf(s_headEnd);
            if (head >= 0)
                return (head, length);
            if (more == 0)
                break;
        }

        throw new AppFailedException($"The app has written to the socket of its environ, '{Variable}', but no whole head of an answer.");
    }

    /// <summary>Until the app has written something. False when it answers otherwise.</summary>
    private async Task<bool> WaitAsync()
    {
        try
        {
            // Without a buffer it takes nothing.
            await _socket.ReceiveAsync(Memory<byte>.Empty, _end.Token);
            lock (_gate)
                return _isTaken ?? TryTake();
        }
        catch (Exception e) when (IsEnd(e))
        {
            return Decide();
        }
    }

    private async Task PassOnAsync(Stream client, byte[] block, Range first)
    {
        var reading = ReadClientAsync(client);
        try
        {
            var length = first.End.Value - first.Start.Value;
            var start = first.Start.Value;
            do
            {
                if (length > 0)
                {
                    await client.WriteAsync(block.AsMemory(start, length), _end.Token);
                    await client.FlushAsync(_end.Token);
                    _exchange.CountSent(length);
                }

                start = 0;
            }
            while ((length = await _socket.ReceiveAsync(block.AsMemory(), _end.Token)) > 0);
        }
        finally
        {
            // The app has closed its socket, or there is nobody any more to whom it could speak.
            await _end.CancelAsync();
            await reading;
        }
    }

    private async Task ReadClientAsync(Stream client)
    {
        var block = new byte[BlockSize];
        try
        {
            int length;
            while ((length = await client.ReadAsync(block, _end.Token)) > 0)
            {
                _exchange.Measure?.Receive(length);
                _exchange.CountReceived(length);
                for (var sent = 0; sent < length;)
                    sent += await _socket.SendAsync(block.AsMemory(sent, length - sent), _end.Token);
            }

            // The app reads the end of the file, and may have something to say all the same.
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (IsEnd(e))
        {
            await _end.CancelAsync();
        }
    }

    /// <summary>The app's end reads the end of the file, in a child too that it has forked.</summary>
    private void HangUp()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // The app has closed its end.
        }

        _socket.Dispose();
    }

    /// <summary>One of the two is gone, or the connection is to end.</summary>
    private static bool IsEnd(Exception exception) => exception is IOException or SocketException or OperationCanceledException or ObjectDisposedException;
}
