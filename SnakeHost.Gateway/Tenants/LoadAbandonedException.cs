namespace SnakeHost.Gateway.Tenants;

/// <summary>A load was cancelled, but its code may still run: it has been asked to stop, and cannot be made to.</summary>
/// <param name="ended">Completes when it has ended, and what it has made is disposed.</param>
/// <param name="cancellationToken">What it was cancelled by.</param>
internal sealed class LoadAbandonedException(Task ended, CancellationToken cancellationToken) : OperationCanceledException(cancellationToken)
{
    public Task Ended { get; } = ended;
}
