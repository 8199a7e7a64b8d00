using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using SnakeHost.Gateway.Interop;

namespace SnakeHost.Gateway.Listening;

/// <summary>A connection that <see cref="SocketThread"/> watches. To Kestrel it is what a connection of its own transport is, ends and failures included.</summary>
internal sealed class WatchedConnection : DefaultConnectionContext, IConnectionSocketFeature, IMemoryPoolFeature
{
    private const int MostBlocks = 64;
    private const int ConnectionReset = 104, BrokenPipe = 32; // ECONNRESET, EPIPE

    private readonly Lock _gate = new();
    private readonly SocketThread _thread;
    private readonly Socket _socket;
    private readonly MemoryPool<byte> _memory;
    private readonly IDuplexPipe _original;
    private readonly PipeWriter _input;
    private readonly PipeReader _output;
    private readonly LendingWriter _writer;
    private readonly int _least;
    private readonly Readiness _readable = new(), _writable = new();
    private readonly CancellationTokenSource _closed = new();
    private readonly TaskCompletionSource _closedTold = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _receiving = Task.CompletedTask, _sending = Task.CompletedTask;
    private Exception? _reason;
    private long _watched;
    private volatile bool _hasEnded;
    private volatile bool _isDisposed, _hasStopped;
    private bool _isClosedTold;

    public WatchedConnection(SocketThread thread, Socket socket, MemoryPool<byte> memory, PipeOptions input, PipeOptions output, string id)
        : base(id)
    {
        (_thread, _socket, _memory) = (thread, socket, memory);
        _least = memory.MaxBufferSize / 2;
        var (received, sent) = (new Pipe(input), new Pipe(output));
        (_input, _output) = (received.Writer, sent.Reader);
        _writer = new LendingWriter(sent.Writer, WakeSender);
        _original = Transport = new Both(received.Reader, _writer);
        Features.Set(_writer);
        LocalEndPoint = socket.LocalEndPoint;
        RemoteEndPoint = socket.RemoteEndPoint;
        ConnectionClosed = _closed.Token;
        Features.Set<IConnectionSocketFeature>(this);
        Features.Set<IMemoryPoolFeature>(this);
    }

    public Socket Socket => _socket;

    public MemoryPool<byte> MemoryPool => _memory;

    public void Start()
    {
        _watched = _thread.Add(this, _socket.SafeHandle);
        _receiving = ReceiveAllAsync();
        _sending = SendAllAsync();
    }

    /// <summary>What the kernel says of the socket.</summary>
    public void Tell(uint events)
    {
        const uint Ended = SocketThread.Error | SocketThread.HangUp | SocketThread.ReadHangUp;
        if ((events & Ended) != 0)
            _hasEnded = true;
        if ((events & (SocketThread.Out | SocketThread.Error | SocketThread.HangUp)) != 0)
            _writable.Set();
        if ((events & (SocketThread.In | Ended)) != 0)
            _readable.Set();
    }

    public override void Abort(ConnectionAbortedException abortReason)
    {
        Shutdown(abortReason);
        _output.CancelPendingRead();
    }

    public override async ValueTask DisposeAsync()
    {
        await _original.Input.CompleteAsync();
        await _original.Output.CompleteAsync();
        await _receiving;
        await _sending;
        _closed.Dispose();
        await base.DisposeAsync();
    }

    private async Task ReceiveAllAsync()
    {
        Exception? error = null;
        try
        {
            while (true)
            {
                if (!_hasEnded)
                    await _readable.WaitAsync();
                if (_isDisposed)
                    break;
                var isFull = true;
                while (isFull || _hasEnded)
                {
                    var (received, failure, room) = Receive();
                    if (failure == LibC.TryAgain)
                    {
                        // Lets go of the memory.
                        await _input.FlushAsync();
                        if (_hasEnded)
                            await _readable.WaitAsync();
                        if (_isDisposed)
                            return;
                        break;
                    }

                    if (failure == LibC.Interrupted)
                        continue;
                    if (failure != 0)
                    {
                        error = Describe(failure);
                        return;
                    }

                    if (received == 0)
                        return;
                    _input.Advance(received);
                    isFull = received == room;
                    var result = await _input.FlushAsync();
                    if (result.IsCompleted || result.IsCanceled)
                        return;
                }
            }
        }
        catch (Exception e)
        {
            error = e;
        }
        finally
        {
            await _input.CompleteAsync(_reason ?? error);
            TellClosed();
            await _closedTold.Task;
        }
    }

    private unsafe (int Received, int Failure, int Room) Receive()
    {
        var memory = _input.GetMemory(_least);
        using var pin = memory.Pin();
        var received = LibC.Receive(_socket.SafeHandle, pin.Pointer, memory.Length, LibC.DoNotWait);
        return received < 0 ? (0, Marshal.GetLastPInvokeError(), memory.Length) : ((int)received, 0, memory.Length);
    }

    private async Task SendAllAsync()
    {
        Exception? reason = null;
        Exception? unexpected = null;
        var position = 0L;

        // False when nothing more is to be sent.
        async ValueTask<bool> SendAsync(ReadOnlySequence<byte> left, ReadOnlyMemory<byte> tail)
        {
            while (!left.IsEmpty || !tail.IsEmpty)
            {
                var (sent, failure) = Send(left, tail);
                if (failure == LibC.TryAgain)
                {
                    await _writable.WaitAsync();
                    if (_isDisposed)
                        return false;
                }
                else if (failure is ConnectionReset or BrokenPipe)
                {
                    reason = Describe(failure);
                    return false;
                }
                else if (failure != 0 && failure != LibC.Interrupted)
                {
                    unexpected = reason = Describe(failure);
                    return false;
                }
                else
                {
                    var first = Math.Min(sent, left.Length);
                    left = left.Slice(first);
                    tail = tail[(int)(sent - first)..];
                }
            }

            return true;
        }

        try
        {
            while (true)
            {
                var result = await _output.ReadAsync();
                if (_isDisposed)
                    break;
                var end = position + result.Buffer.Length;
                var lent = _writer.Pending is { Sent.Task.IsCompleted: false } pending && pending.Position == end ? pending : null;
                if (!await SendAsync(result.Buffer, lent?.Memory ?? default))
                    return;
                _output.AdvanceTo(result.Buffer.End);
                position = end;
                lent?.Sent.SetResult(true);
                if (result.IsCompleted)
                    break;
            }
        }
        catch (ObjectDisposedException e)
        {
            reason = e;
        }
        catch (Exception e)
        {
            unexpected = reason = e;
        }
        finally
        {
            Shutdown(reason);
            await _output.CompleteAsync(unexpected);
            _hasStopped = true;
            Interlocked.MemoryBarrier();
            _writer.Pending?.Sent.TrySetResult(false);
            // So that what waits for room goes on.
            _input.CancelPendingFlush();
        }
    }

    private void WakeSender(LendingWriter.Lent lent)
    {
        if (!_hasStopped)
            _output.CancelPendingRead();
        Interlocked.MemoryBarrier();
        if (_hasStopped)
            lent.Sent.TrySetResult(false);
    }

    private unsafe (long Sent, int Failure) Send(ReadOnlySequence<byte> data, ReadOnlyMemory<byte> tail)
    {
        var blocks = stackalloc MemoryBlock[MostBlocks];
        var (count, room) = (0, MostBlocks);
        var pins = ArrayPool<MemoryHandle>.Shared.Rent(MostBlocks);
        try
        {
            foreach (var memory in data)
            {
                if (count < room && !memory.IsEmpty)
                    Add(memory);
                else if (count == room)
                    tail = default; // it is behind what is left
            }

            if (!tail.IsEmpty && count < room)
                Add(tail);
            var head = new MessageHead { Blocks = blocks, BlockCount = count };
            var sent = LibC.SendMessage(_socket.SafeHandle, &head, LibC.DoNotWait | LibC.NoSignal);
            return sent < 0 ? (0, Marshal.GetLastPInvokeError()) : (sent, 0);
        }
        finally
        {
            for (var i = 0; i < count; i++)
                pins[i].Dispose();
            ArrayPool<MemoryHandle>.Shared.Return(pins, clearArray: false);
        }

        void Add(ReadOnlyMemory<byte> memory)
        {
            pins[count] = memory.Pin();
            blocks[count] = new MemoryBlock { Start = pins[count].Pointer, Length = memory.Length };
            count++;
        }
    }

    private static Exception Describe(int failure)
    {
        var error = new SocketException(failure);
        return failure is ConnectionReset or BrokenPipe ? new ConnectionResetException(error.Message, error) : error;
    }

    /// <summary>Not on a thread that others wait for: who is told may do anything.</summary>
    private void TellClosed()
    {
        if (_isClosedTold)
            return;
        _isClosedTold = true;
        ThreadPool.UnsafeQueueUserWorkItem(
            static connection =>
            {
                try
                {
                    connection._closed.Cancel();
                }
                finally
                {
                    connection._closedTold.TrySetResult();
                }
            },
            this, preferLocal: false);
    }

    private void Shutdown(Exception? reason)
    {
        lock (_gate)
        {
            if (_isDisposed)
                return;
            _reason = reason ?? new ConnectionAbortedException("The Socket transport's send loop completed gracefully.");
            _isDisposed = true;
            _thread.Remove(_watched, _socket.SafeHandle);
            if (reason is not null)
            {
                // A reset.
                _socket.Close(timeout: 0);
            }
            else
            {
                try
                {
                    _socket.Shutdown(SocketShutdown.Both);
                }
                catch (SocketException)
                {
                    // It is over already.
                }

                _socket.Dispose();
            }
        }

        // Who waits sees that it is closed.
        _readable.Set();
        _writable.Set();
    }

    private sealed class Both(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
