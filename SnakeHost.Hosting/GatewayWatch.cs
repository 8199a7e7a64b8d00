using Microsoft.Extensions.Diagnostics.HealthChecks;
using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Hosting;

/// <summary>Follows a gateway's tenants: their states and what they print. Waits for a gateway that is not there, and finds one that was restarted again.</summary>
/// <param name="admin">The gateway's admin listener.</param>
/// <param name="status">Called with each tenant's new status. One call at a time, those of <paramref name="line"/> included.</param>
/// <param name="line">Called with each line that a tenant prints.</param>
/// <param name="serving">Called with true when the gateway accepts requests and all states have been told, with false when it has gone.</param>
/// <param name="time">For the pauses.</param>
internal sealed class GatewayWatch(AdminApiClient admin, Func<TenantStatus, Task> status, Func<OutputLine, Task> line, Func<bool, Task> serving, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(2);

    private readonly TenantBoard _board = new();
    private readonly SemaphoreSlim _calls = new(1);

    /// <summary>Runs until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(AgainAsync(FollowStatesAsync, cancellationToken), AgainAsync(FollowLinesAsync, cancellationToken));

    public void Dispose() => _calls.Dispose();

    private async Task AgainAsync(Func<Action, CancellationToken, Task> follow, CancellationToken cancellationToken)
    {
        var pause = s_shortest;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await follow(() => pause = s_shortest, cancellationToken);
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                // It does not run, or not yet, or it has ended.
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < s_longest ? pause * 2 : s_longest;
        }
    }

    private async Task FollowStatesAsync(Action connected, CancellationToken cancellationToken)
    {
        // The admin listener opens first.
        if ((await admin.HealthAsync(cancellationToken)).Status == HealthStatus.Unhealthy)
            throw new HttpRequestException("it is not ready");
        var isServing = false;
        try
        {
            await foreach (var notice in admin.EventsAsync(ConnectedAsync, cancellationToken))
            {
                if (notice.Kind == "dropped")
                {
                    await ListAsync(cancellationToken);
                    continue;
                }

                await TellAsync(_board.Apply(notice));
                if (notice.Kind is "ready" or "failed" or "timedout" && await admin.TenantAsync(notice.Tenant, cancellationToken) is { } info)
                    await TellAsync(_board.Describe(info));
            }
        }
        finally
        {
            foreach (var gone in _board.Reset())
                await TellAsync(gone);
            if (isServing)
                await OneAtATimeAsync(() => serving(false));
        }

        async Task ConnectedAsync()
        {
            connected();
            await ListAsync(cancellationToken);
            isServing = true;
            await OneAtATimeAsync(() => serving(true));
        }
    }

    private async Task ListAsync(CancellationToken cancellationToken)
    {
        var tenants = await admin.TenantsAsync(cancellationToken);
        if (tenants.Any(tenant => tenant.State is "loading" or "reloading"))
        {
            // A load whose end was told before this could hear it may still be listed as running, for a moment.
            await Task.Delay(s_shortest, time, cancellationToken);
            tenants = await admin.TenantsAsync(cancellationToken);
        }

        foreach (var changed in _board.Apply(tenants))
            await TellAsync(changed);
    }

    private async Task FollowLinesAsync(Action connected, CancellationToken cancellationToken)
    {
        await foreach (var printed in admin.LinesAsync(cancellationToken))
        {
            connected();
            await OneAtATimeAsync(() => line(printed));
        }
    }

    private Task TellAsync(TenantStatus now) => OneAtATimeAsync(() => status(now));

    private async Task OneAtATimeAsync(Func<Task> tell)
    {
        await _calls.WaitAsync();
        try
        {
            await tell();
        }
        finally
        {
            _calls.Release();
        }
    }
}
