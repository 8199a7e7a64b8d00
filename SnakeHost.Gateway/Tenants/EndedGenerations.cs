namespace SnakeHost.Gateway.Tenants;

/// <summary>Looks whether generations that have ended have left memory, and tells what keeps those that have not.</summary>
internal sealed class EndedGenerations(TimeProvider time, TenantEventPublisher journal) : IAsyncDisposable
{
    /// <summary>After its end: threads and tasks of the app's may take a moment more.</summary>
    public static readonly TimeSpan After = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _end = new();
    private readonly Lock _lock = new();
    private Task _look = Task.CompletedTask;

    public void Watch(Generation generation)
    {
        // A process takes all that it has with it.
        if (!generation.Application.IsElsewhere)
            _ = WaitAsync(generation);
    }

    /// <summary>Waits for a look that has begun: it needs the interpreter, which ends next.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        Task look;
        lock (_lock)
            look = _look;
        await look.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private async Task WaitAsync(Generation generation)
    {
        var stop = _end.Token;
        await Task.Delay(After, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            if (!stop.IsCancellationRequested)
                _look = LookAsync(_look, generation, stop);
        }
    }

    private async Task LookAsync(Task before, Generation generation, CancellationToken stop)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (stop.IsCancellationRequested || await generation.Application.FindKeeperAsync(stop).ConfigureAwait(false) is not { } keeper)
            return;
        generation.Tenant.AddKept(new KeptGeneration(generation.Number, time.GetUtcNow(), keeper));
        journal.Kept(generation, keeper);
    }
}
