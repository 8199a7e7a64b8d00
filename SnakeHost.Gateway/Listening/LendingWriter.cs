using System.Buffers;
using System.IO.Pipelines;

namespace SnakeHost.Gateway.Listening;

/// <summary>What is written to a connection, of which a large part can be lent: it is sent from where it is.</summary>
/// <remarks>
/// Who writes a body by Kestrel asks this for memory and fills it. Memory that has been lent is given in answer to the next such question, and is full already. Kestrel
/// counts its bytes as any others, and asks nobody else as long as it is on its way.
/// </remarks>
internal sealed class LendingWriter(PipeWriter inner, Action<LendingWriter.Lent> wake) : PipeWriter
{
    private Memory<byte> _offered;
    private Memory<byte> _given;
    private bool _isGiven;
    private int _thread;
    private long _written;
    private Lent? _lent;

    /// <summary>What has been lent last.</summary>
    public Lent? Pending => Volatile.Read(ref _lent);

    /// <summary>Writes a part of a body without copying it; false when the writer leads elsewhere, and nothing is written.</summary>
    /// <param name="body">Of a response on this connection.</param>
    /// <param name="memory">It stays as it is until a flush of the body has come to its end.</param>
    public bool TryLend(PipeWriter body, Memory<byte> memory)
    {
        (_thread, _offered) = (Environment.CurrentManagedThreadId, memory);
        var got = body.GetMemory(1);
        _offered = default;
        if (!_isGiven)
            return false;
        // Nobody else has asked meanwhile.
        if (!got.Equals(memory))
            throw new InvalidOperationException("Lent memory has gone astray.");
        body.Advance(memory.Length);
        return true;
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_offered.IsEmpty || _thread != Environment.CurrentManagedThreadId)
            return inner.GetMemory(sizeHint);
        (_given, _offered, _isGiven) = (_offered, default, true);
        return _given;
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

    public override void Advance(int bytes)
    {
        if (_isGiven)
        {
            Volatile.Write(ref _lent, new Lent(_given[..bytes], _written));
            (_given, _isGiven) = (default, false);
        }
        else
        {
            inner.Advance(bytes);
            _written += bytes;
        }
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        _lent is { } lent ? FlushLentAsync(lent) : inner.FlushAsync(cancellationToken);

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.UnflushedBytes + (_lent?.Memory.Length ?? 0);

    /// <summary>Not before the memory is sent, or the connection has ended: it is somebody else's.</summary>
    private async ValueTask<FlushResult> FlushLentAsync(Lent lent)
    {
        // It goes out with what this has written.
        await inner.FlushAsync(CancellationToken.None);
        if (!lent.Sent.Task.IsCompleted)
            wake(lent);
        var isSent = await lent.Sent.Task;
        Volatile.Write(ref _lent, null);
        return new FlushResult(isCanceled: false, isCompleted: !isSent);
    }

    /// <param name="position">Bytes that are to be sent before it, since the connection began.</param>
    internal sealed class Lent(ReadOnlyMemory<byte> memory, long position)
    {
        public long Position => position;

        public ReadOnlyMemory<byte> Memory => memory;

        /// <summary>Whether it has reached the kernel.</summary>
        public TaskCompletionSource<bool> Sent { get; } = new();
    }
}
