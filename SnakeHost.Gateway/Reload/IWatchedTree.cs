namespace SnakeHost.Gateway.Reload;

/// <summary>A tree that is watched, until it is disposed.</summary>
internal interface IWatchedTree : IDisposable
{
    /// <summary>When it returns, the sink has been told of all changes that had ended before the call. Allocates nothing when there are none.</summary>
    void TakeIn();

    /// <summary>Looks at everything anew, watches what is not yet watched, and takes the result for what is known.</summary>
    void Renew();
}
