namespace SnakeHost.Gateway.Tenants;

/// <summary>An app between its import and the end of its startup. It is stopped when nobody waits for it any more, whichever comes first.</summary>
internal sealed class StartingApp
{
    private readonly Lock _gate = new();
    private Action? _stop;
    private bool _isAbandoned;

    /// <summary>The startup begins.</summary>
    /// <param name="stop">Has it end soon. From any thread.</param>
    public void Begin(Action stop)
    {
        lock (_gate)
        {
            _stop = stop;
            if (!_isAbandoned)
                return;
        }

        stop();
    }

    /// <summary>Nobody waits for it any more. Called once.</summary>
    public void Abandon()
    {
        Action? stop;
        lock (_gate)
        {
            _isAbandoned = true;
            stop = _stop;
        }

        stop?.Invoke();
    }
}
