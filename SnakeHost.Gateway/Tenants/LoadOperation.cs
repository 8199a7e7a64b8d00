using System.Diagnostics;

namespace SnakeHost.Gateway.Tenants;

/// <summary>A load that runs, or the one that will follow it. A tenant has at most one of each.</summary>
internal sealed class LoadOperation(ReloadReason? reason)
{
    private readonly TaskCompletionSource<ReloadResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Why it was asked for; null for the load that a request needs.</summary>
    public ReloadReason? Reason { get; private set; } = reason;

    /// <summary>The span that asked for it; default when that is not recorded: whether a load is recorded is then decided for itself.</summary>
    public ActivityContext Parent { get; } = Activity.Current is { Recorded: true } span ? span.Context : default;

    /// <summary>When it was asked for, by <see cref="Stopwatch"/>.</summary>
    public long Asked { get; } = Stopwatch.GetTimestamp();

    /// <summary>Whether it may take for ever: an editor has to come first, or somebody looks at what the app does.</summary>
    public bool IsDebugged { get; set; }

    /// <summary>Cancelled on eviction and shutdown, and when no editor will come any more.</summary>
    public CancellationTokenSource Cancellation { get; } = new();

    public Task<ReloadResult> Task => _completion.Task;

    public void Complete(ReloadResult result) => _completion.SetResult(result);

    public void Merge(ReloadReason reason) => Reason = Reason?.Merge(reason) ?? reason;
}
