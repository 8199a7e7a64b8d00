using System.Threading.Tasks.Sources;

namespace SnakeHost.Gateway.Listening;

/// <summary>A socket can be read, or written: what is told when nobody waits for it is kept for who waits next. One waits at a time.</summary>
internal sealed class Readiness : IValueTaskSource
{
    private const int Unknown = 0, Ready = 1, Awaited = 2;

    // The continuation runs where it is told.
    private ManualResetValueTaskSourceCore<bool> _core;
    private int _state;

    public ValueTask WaitAsync()
    {
        if (Interlocked.CompareExchange(ref _state, Unknown, Ready) == Ready)
            return default;
        _core.Reset();
        if (Interlocked.CompareExchange(ref _state, Awaited, Unknown) == Unknown)
            return new ValueTask(this, _core.Version);
        Volatile.Write(ref _state, Unknown);
        return default;
    }

    public void Set()
    {
        while (true)
        {
            var state = Volatile.Read(ref _state);
            if (state == Ready)
                return;
            if (Interlocked.CompareExchange(ref _state, state == Awaited ? Unknown : Ready, state) != state)
                continue;
            if (state == Awaited)
                _core.SetResult(true);
            return;
        }
    }

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
