using System.Net.ServerSentEvents;
using SnakeHost.Gateway.Admin;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Telemetry;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Supervision;

/// <summary>Takes in what the workers tell of their tenants, and what these print, as long as the workers run.</summary>
internal sealed class WorkerFollower(MergedEvents events, OutputHistory output, HandedOver handedOver)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Completes when no event of the worker can be missed any more.</summary>
    public async Task FollowAsync(GatewayWorker worker)
    {
        var told = await OpenAsync(worker);
        _ = FollowEventsAsync(worker, told);
        _ = FollowLinesAsync(worker);
    }

    private static TenantEvent Read(AdminEvent next) => new(next.Tenant, Enum.Parse<TenantEventKind>(next.Kind, ignoreCase: true), next.Generation, next.Time)
    {
        Duration = next.DurationMs is { } duration ? TimeSpan.FromMilliseconds(duration) : null,
        ChangedFiles = next.ChangedFiles,
        Error = next.Error,
        Reason = next.Reason is { } reason ? Enum.Parse<EvictReason>(reason, ignoreCase: true) : null,
        Dropped = next.Dropped,
    };

    /// <summary>First the stream, then the list: nothing is missed in between. Null when the worker does not answer.</summary>
    private async Task<IAsyncEnumerable<SseItem<AdminEvent>>?> OpenAsync(GatewayWorker worker)
    {
        try
        {
            var told = await worker.Admin.EventsAsync(CancellationToken.None);
            await ListAsync(worker);
            await handedOver.GiveAsync(worker.Admin);
            return told;
        }
        catch (Exception e) when (GatewayWorker.IsAway(e))
        {
            return null;
        }
    }

    private async Task ListAsync(GatewayWorker worker) =>
        events.Reset(worker.Number, (await worker.Admin.TenantsAsync(CancellationToken.None)).Where(static tenant => tenant.State != TenantState.Evicted.Lower()).Select(MergedEvents.FromSnapshot));

    private async Task FollowEventsAsync(GatewayWorker worker, IAsyncEnumerable<SseItem<AdminEvent>>? told)
    {
        while (true)
        {
            try
            {
                await foreach (var item in told ?? AsyncEnumerable.Empty<SseItem<AdminEvent>>())
                {
                    var next = Read(item.Data);
                    events.Add(worker.Number, next);
                    if (next.Kind == TenantEventKind.Dropped)
                        await ListAsync(worker);
                }
            }
            catch (Exception e) when (GatewayWorker.IsAway(e))
            {
                // It has ended, or this was too slow.
            }

            if (await IsGoneAsync(worker))
                break;
            told = await OpenAsync(worker);
        }

        events.Leave(worker.Number);
    }

    private async Task FollowLinesAsync(GatewayWorker worker)
    {
        string? last = null;
        do
        {
            try
            {
                await foreach (var item in await worker.Admin.LinesAsync(last, CancellationToken.None))
                {
                    output.Add(item.Data.Tenant, item.Data.Stream, item.Data.Text, item.Data.Time);
                    last = item.EventId;
                }
            }
            catch (Exception e) when (GatewayWorker.IsAway(e))
            {
                // As above.
            }
        }
        while (!await IsGoneAsync(worker));
    }

    /// <summary>After a moment, in which it may end.</summary>
    private static async Task<bool> IsGoneAsync(GatewayWorker worker)
    {
        await Task.WhenAny(worker.Ended, Task.Delay(s_pause));
        return worker.Ended.IsCompleted;
    }
}
