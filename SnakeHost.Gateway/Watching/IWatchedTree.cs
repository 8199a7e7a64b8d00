namespace SnakeHost.Gateway.Watching;

/// <summary>A tree that is watched, until it is disposed.</summary>
internal interface IWatchedTree : IDisposable
{
    /// <summary>When it returns, the sink has been told of all changes that had ended before the call. Allocates nothing when there are none.</summary>
    void TakeIn();

    /// <summary>As <see cref="TakeIn"/>, unless that had to look at the disk for long, or to wait for somebody who does: false, and <see cref="TakeInAsync"/> is for that.</summary>
    bool TryTakeIn()
    {
        TakeIn();
        return true;
    }

    /// <summary>Completes when what had been seen before the call has been told.</summary>
    Task TakeInAsync()
    {
        TakeIn();
        return Task.CompletedTask;
    }

    /// <summary>Looks at everything anew, watches what is not yet watched, and takes the result for what is known.</summary>
    void Renew();
}
