namespace SnakeHost.Gateway.Apps;

/// <summary>Finds requests that wait for too long for their answer, and has each told of once.</summary>
internal sealed class SlowRequests : IAsyncDisposable
{
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(50), s_longest = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _end = new();
    private readonly Task _watching;

    /// <param name="limit">So long is too long; <see cref="Timeout.InfiniteTimeSpan"/>: nothing is.</param>
    /// <param name="apps">Those to look at, each with its tenant's id.</param>
    /// <param name="tell">Is told of each.</param>
    public SlowRequests(TimeSpan limit, Func<IEnumerable<(string Tenant, IPythonApplication App)>> apps, Action<string, RunningRequest> tell) =>
        _watching = limit == Timeout.InfiniteTimeSpan ? Task.CompletedTask : Task.Run(() => WatchAsync(limit, apps, tell));

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _watching;
        _end.Dispose();
    }

    private async Task WatchAsync(TimeSpan limit, Func<IEnumerable<(string Tenant, IPythonApplication App)>> apps, Action<string, RunningRequest> tell)
    {
        var interval = TimeSpan.FromTicks(Math.Clamp(limit.Ticks / 4, s_shortest.Ticks, s_longest.Ticks));
        try
        {
            while (true)
            {
                await Task.Delay(interval, _end.Token);
                foreach (var (tenant, app) in apps())
                {
                    foreach (var request in await app.TakeSlowAsync(limit, _end.Token))
                        tell(tenant, request);
                }
            }
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            // The end.
        }
    }
}
