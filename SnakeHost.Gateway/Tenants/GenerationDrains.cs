using System.Diagnostics;
using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Gateway.Tenants;

/// <summary>Ends generations that take no more requests: when the last request has left, at the latest after the grace period.</summary>
internal sealed class GenerationDrains(TimeSpan grace, TimeProvider time, BackgroundWork background, TenantJournal journal)
{
    /// <summary>Drains and disposes what a reload replaced, as a part of the reload's trace.</summary>
    public void Start(Generation generation, ActivityContext parent) => background.Run(() => DrainAsync(generation, parent));

    /// <summary>Drains and disposes what an eviction removed.</summary>
    public void StartEvict(Tenant tenant, Generation? generation, EvictReason reason) => background.Run(async () =>
    {
        using var span = SnakeHostTelemetry.Source.StartActivity(SnakeHostTelemetry.Spans.TenantEvict);
        if (span is not null)
        {
            span.SetTag(SnakeHostTelemetry.Attributes.Tenant, tenant.Id);
            span.SetTag(SnakeHostTelemetry.Attributes.EvictReason, reason.ToString());
        }

        if (generation is not null)
            await DrainAsync(generation, span?.Context ?? default).ConfigureAwait(false);
    });

    private async Task DrainAsync(Generation generation, ActivityContext parent)
    {
        using var span = SnakeHostTelemetry.Source.StartActivity(SnakeHostTelemetry.Spans.Drain, ActivityKind.Internal, parent);
        span.Describe(generation);
        var started = time.GetTimestamp();
        journal.Draining(generation);

        if (!generation.Empty.IsCompleted)
        {
            await generation.Empty.WaitAsync(grace, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!generation.Empty.IsCompleted)
            {
                span?.SetTag(SnakeHostTelemetry.Attributes.Forced, true);
                journal.GraceEnded(generation, generation.InFlight, grace);
            }
        }

        Exception? failure = null;
        try
        {
            await generation.DisposeApplicationAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            failure = exception;
            span.Fail(exception);
        }

        lock (generation.Tenant.Gate)
            generation.Tenant.Forget(generation);
        journal.Disposed(generation, time.GetElapsedTime(started), failure);
    }
}
