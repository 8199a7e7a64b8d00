using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace SnakeHost.Gateway.Listening;

/// <summary>What a client sends, whose end is told behind the last of it and not with it.</summary>
/// <remarks>
/// Kestrel takes a body of a known length for broken off when the end has come by the time it is read, though the body may be there whole: a client that ends its sending
/// behind a POST would get no answer. Nothing is copied, and a read allocates nothing.
/// </remarks>
internal sealed class EndingReader : PipeReader, IValueTaskSource<ReadResult>
{
    private readonly PipeReader _inner;
    private readonly Action _continue;
    private ValueTask<ReadResult> _pending;
    private Action<object?>? _continuation;
    private object? _state;
    private SequencePosition _start;
    private SequencePosition _end;
    private bool _hasEnded;
    private bool _isExamined;

    public EndingReader(PipeReader inner)
    {
        _inner = inner;
        _continue = Continue;
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var read = _inner.ReadAsync(cancellationToken);
        if (read.IsCompletedSuccessfully)
            return new ValueTask<ReadResult>(Behind(read.Result));
        // One read at a time: that is a rule of pipes.
        _pending = read;
        return new ValueTask<ReadResult>(this, 0);
    }

    public override bool TryRead(out ReadResult result)
    {
        var isRead = _inner.TryRead(out result);
        if (isRead)
            result = Behind(result);
        return isRead;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        // Who has looked at more than it could use wants to know whether more will come. Had the end not come by then, more may have come since.
        _isExamined = _hasEnded && (examined.Equals(_end) || (consumed.Equals(_start) && !examined.Equals(_start)));
        _inner.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => _inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => _inner.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => _inner.CompleteAsync(exception);

    private ReadResult Behind(ReadResult result)
    {
        (_start, _end, _hasEnded) = (result.Buffer.Start, result.Buffer.End, result.IsCompleted);
        return result.IsCompleted && !_isExamined && !result.Buffer.IsEmpty ? new ReadResult(result.Buffer, result.IsCanceled, isCompleted: false) : result;
    }

    private void Continue()
    {
        var (continuation, state) = (_continuation!, _state);
        (_continuation, _state) = (null, null);
        continuation(state);
    }

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token) => Behind(_pending.GetAwaiter().GetResult());

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) =>
        !_pending.IsCompleted ? ValueTaskSourceStatus.Pending
        : _pending.IsCompletedSuccessfully ? ValueTaskSourceStatus.Succeeded
        : _pending.IsCanceled ? ValueTaskSourceStatus.Canceled
        : ValueTaskSourceStatus.Faulted;

    void IValueTaskSource<ReadResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        (_continuation, _state) = (continuation, state);
        _pending.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(_continue);
    }
}
