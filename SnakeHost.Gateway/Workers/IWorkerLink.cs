namespace SnakeHost.Gateway.Workers;

/// <summary>The way to an app that is loaded in another process: the process is its own, or it shares one with other generations.</summary>
internal interface IWorkerLink
{
    /// <summary>The process's.</summary>
    int Id { get; }

    /// <summary>Completes with a clause, <c>was ended by SIGSEGV</c>, when the app cannot answer any more and all that it has said is known.</summary>
    Task<string> Exited { get; }

    void Post(WorkerMessage message);

    /// <summary>As <see cref="KillAsync"/>, but does not wait.</summary>
    void KillNow();

    /// <summary>Ends the app at once, and what it has started.</summary>
    Task KillAsync();
}
