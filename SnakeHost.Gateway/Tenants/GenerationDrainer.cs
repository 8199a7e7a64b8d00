using System.Diagnostics;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Gateway.Tenants;

/// <summary>Ends generations that take no more requests: when the last request has left, at the latest after the grace period.</summary>
internal sealed class GenerationDrainer(TimeSpan grace, TimeProvider time, BackgroundWork background, TenantEventPublisher journal, EndedGenerations ended)
{
    /// <summary>How often is looked whether a debugger still holds it, at most.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    private readonly ShutdownThrottle _turns = new(time);

    /// <summary>Drains and disposes what a reload replaced, as a part of the reload's trace.</summary>
    public void Start(Generation generation, ActivityContext parent) => background.Run(() => DrainAsync(generation, grace, isReplaced: true, parent));

    /// <summary>Drains and disposes what an eviction removed.</summary>
    /// <param name="left">What is left of the grace, where the wait has begun before; null for all of it.</param>
    public void StartEvict(Tenant tenant, Generation? generation, EvictReason reason, TimeSpan? left = null) => background.Run(async () =>
    {
        using var span = SnakeHostTelemetry.Source.StartActivity(SnakeHostTelemetry.Spans.TenantEvict);
        if (span is not null)
        {
            span.SetTag(SnakeHostTelemetry.Attributes.Tenant, tenant.Id);
            span.SetTag(SnakeHostTelemetry.Attributes.EvictReason, reason.ToString());
        }

        if (generation is not null)
            await DrainAsync(generation, left ?? grace, isReplaced: false, span?.Context ?? default).ConfigureAwait(false);
    });

    /// <param name="isReplaced">Not when the tenant is to go: then nobody looks at it any more.</param>
    private async Task DrainAsync(Generation generation, TimeSpan grace, bool isReplaced, ActivityContext parent)
    {
        using var span = SnakeHostTelemetry.Source.StartActivity(SnakeHostTelemetry.Spans.Drain, ActivityKind.Internal, parent);
        span.Describe(generation);
        var started = time.GetTimestamp();
        var period = new GracePeriod(grace, time);
        journal.Draining(generation);

        if (!generation.Empty.IsCompleted)
        {
            await generation.Empty.WaitAsync(grace, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            while (isReplaced && !generation.Empty.IsCompleted && generation.Application.IsHeld)
                await generation.Empty.WaitAsync(grace > s_look ? grace : s_look, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!generation.Empty.IsCompleted)
            {
                span?.SetTag(SnakeHostTelemetry.Attributes.Forced, true);
                journal.GraceEnded(generation, generation.InFlight, grace);
            }
        }

        Exception? failure = null;
        try
        {
            // The wait for its turn is not the app's time.
            var left = period.Left;
            await _turns.RunAsync(() => generation.EndApplicationAsync(left)).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            failure = exception;
            span.Fail(exception);
        }

        lock (generation.Tenant.Gate)
            generation.Tenant.Forget(generation);
        journal.Disposed(generation, time.GetElapsedTime(started), failure);
        if (failure is null)
            ended.Watch(generation);
    }
}
