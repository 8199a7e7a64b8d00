namespace SnakeHost.Gateway.Wsgi;

/// <summary>Threads that answer requests, as <see cref="ThreadTrial"/> sees them.</summary>
internal interface IElasticThreads
{
    /// <summary>Requests answered so far.</summary>
    long Completed { get; }

    /// <summary>How many there are, but for those that are about to go.</summary>
    int Threads { get; }

    /// <summary>Some of those that are to go are still at a request.</summary>
    bool IsShrinking { get; }

    /// <summary>Every second thread goes, as soon as it has answered what it is at.</summary>
    void Shrink();

    /// <summary>Adds threads for the requests that wait: as many again as there are, or up to the given number.</summary>
    void Grow(int? upTo = null);
}
