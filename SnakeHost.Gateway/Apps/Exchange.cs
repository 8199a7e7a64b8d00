using System.Threading.Tasks.Sources;

namespace SnakeHost.Gateway.Apps;

/// <summary>
/// One request on its way through an app. From the moment it is queued until <see cref="Complete"/> it belongs to the Python
/// side: the ASP.NET side only waits.
/// </summary>
internal abstract class Exchange(HttpContext context, RequestMeasure? measure) : IValueTaskSource, IThreadPoolWorkItem
{
    // The continuation runs where the result is set: on the answers' thread, never on one of Python's, which holds the GIL.
    private ManualResetValueTaskSourceCore<bool> _completion;
    private int _hasBegun;

    public HttpContext Context => context;

    /// <summary>By which Python names it.</summary>
    public long Id { get; protected init; }

    /// <summary>Null when nobody listens.</summary>
    public RequestMeasure? Measure => measure;

    /// <summary>The rest of the body, to be sent once the app is done with the request.</summary>
    public IBodyPart? Rest { get; set; }

    /// <summary>Bytes of the body that the declared Content-Length still allows; -1 without one.</summary>
    public long Remaining { get; set; } = -1;

    /// <summary>Why there is no answer, or no whole answer.</summary>
    public Exception? Failure { get; set; }

    /// <summary>The request's own fault (400, 413), found while the app was reading its body.</summary>
    public BadHttpRequestException? BadRequest { get; set; }

    /// <exception cref="Exception">There is no answer, or no whole answer.</exception>
    public void ThrowIfFailed()
    {
        if (Failure is not { } failure)
            return;
        if (failure is AppFailedException app)
            app.IsWhole = Remaining == 0;
        throw failure;
    }

    /// <summary>The answer begins: it is not among those that are expected soon.</summary>
    public void Begin()
    {
        if (Interlocked.Exchange(ref _hasBegun, 1) != 0)
            return;
        EndWaiting();
        CompletionQueue.Arrive();
    }

    public ValueTask WaitAsync() => new(this, _completion.Version);

    /// <summary>Gives the request back to ASP.NET. Later calls do nothing.</summary>
    public void Complete()
    {
        if (!TryRemove())
            return;
        Measure?.Answer();
        Begin();
        CompletionQueue.Add(this);
    }

    /// <summary>Ends its number; false when that was done before.</summary>
    protected abstract bool TryRemove();

    /// <summary>The request no longer counts as one that waits.</summary>
    protected virtual void EndWaiting()
    {
    }

    void IThreadPoolWorkItem.Execute() => _completion.SetResult(true);

    void IValueTaskSource.GetResult(short token) => _completion.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _completion.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);
}
