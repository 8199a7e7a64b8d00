namespace SnakeHost.Gateway.Watching;

/// <summary>Sees changes below directories.</summary>
internal interface IChangeWatcher : IDisposable
{
    /// <summary>Begins to watch; what changes from the return on is told to the sink.</summary>
    /// <param name="since">What was known before: differences are told. Null for none.</param>
    IWatchedTree Watch(WatchTarget target, IChangeSink sink, TreeSnapshot? since = null);
}
