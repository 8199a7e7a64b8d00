using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Gateway.Tenants;

/// <summary>Tells what happens to tenants: to subscribers as events, to the log, to the metrics. Called under no lock but, for <c>stale</c>, that of a tenant's watch: must be quick.</summary>
internal sealed partial class TenantEventPublisher(TimeProvider time, ILogger logger)
{
    public TenantEvents Events { get; } = new(time);

    public void Loading(Generation generation, ReloadReason? reason)
    {
        Publish(generation, reason is null ? TenantEventKind.Loading : TenantEventKind.Reloading, changedFiles: reason?.ChangedFiles);
        if (reason is null)
            Log.Loading(logger, generation.Tenant.Id, generation.Number, generation.Tenant.Specification);
        else if (logger.IsEnabled(LogLevel.Information))
            Log.Reloading(logger, generation.Tenant.Id, generation.Number, reason.Trigger, reason.Describe());
    }

    public void Ready(Generation generation, ReloadReason? reason)
    {
        Measure(generation, reason, generation.LoadDuration, "loaded");
        Publish(generation, TenantEventKind.Ready, generation.LoadDuration, reason?.ChangedFiles);
        Log.Ready(logger, generation.Tenant.Id, generation.Number, generation.Application.App, generation.LoadDuration.TotalMilliseconds);
    }

    public void Failed(Generation generation, ReloadReason? reason, TenantFailure failure, TimeSpan duration)
    {
        var timedOut = failure.Cause is TenantLoadTimeoutException;
        Measure(generation, reason, duration, timedOut ? "timeout" : "failed");
        Publish(generation, timedOut ? TenantEventKind.TimedOut : TenantEventKind.Failed, duration, reason?.ChangedFiles, failure.Error);
        if (!timedOut)
        {
            var error = failure.Error;
            Log.Failed(logger, generation.Tenant.Id, generation.Number, error.Type, error.Message, error.File, error.Line, error.Traceback, failure.Cause);
        }
    }

    /// <summary>Its processes have ended by themselves.</summary>
    public void Lost(Generation generation, TenantFailure failure, string end, TimeSpan pause)
    {
        Publish(generation, TenantEventKind.Failed, error: failure.Error);
        Log.Lost(logger, generation.Tenant.Id, generation.Number, end, pause.TotalSeconds);
    }

    public void Slow(Generation generation, TimeSpan elapsed, TimeSpan limit)
    {
        if (limit == Timeout.InfiniteTimeSpan)
            Log.SlowWithoutEnd(logger, generation.Tenant.Id, generation.Number, elapsed.TotalSeconds);
        else
            Log.Slow(logger, generation.Tenant.Id, generation.Number, elapsed.TotalSeconds, limit.TotalSeconds);
    }

    public void Abandoned(Generation generation, TimeSpan elapsed) =>
        Log.Abandoned(logger, generation.Tenant.Id, generation.Number, elapsed.TotalSeconds);

    public void AbandonedEnded(Generation generation, TimeSpan elapsed, Exception? exception) =>
        Log.AbandonedEnded(logger, generation.Tenant.Id, generation.Number, elapsed.TotalSeconds, exception);

    public void Stale(Tenant tenant, IReadOnlyList<string> files) => Events.Publish(
        new TenantEvent(tenant.Id, TenantEventKind.Stale, tenant.Current?.Number ?? 0, time.GetUtcNow()) { ChangedFiles = files });

    public void Draining(Generation generation) => Publish(generation, TenantEventKind.Draining);

    public void GraceEnded(Generation generation, int inFlight, TimeSpan grace) =>
        Log.GraceEnded(logger, generation.Tenant.Id, generation.Number, inFlight, grace.TotalSeconds);

    public void Disposed(Generation generation, TimeSpan duration, Exception? exception)
    {
        Publish(generation, TenantEventKind.Disposed, duration, error: exception is null ? null : TenantErrors.From(exception));
        if (exception is null)
            Log.Disposed(logger, generation.Tenant.Id, generation.Number);
        else if (exception is AppStuckException)
            Log.Stuck(logger, generation.Tenant.Id, generation.Number, exception.Message);
        else
            Log.DisposeFailed(logger, generation.Tenant.Id, generation.Number, exception);
    }

    public void Kept(Generation generation, string keeper) => Log.Kept(logger, generation.Tenant.Id, generation.Number, EndedGenerations.After.TotalSeconds, keeper);

    public void Evicted(Tenant tenant, EvictReason reason)
    {
        Events.Publish(new TenantEvent(tenant.Id, TenantEventKind.Evicted, tenant.LastNumber, time.GetUtcNow()) { Reason = reason });
        Log.Evicted(logger, tenant.Id, reason);
    }

    public void ShutdownIncomplete(TimeSpan waited) => Log.ShutdownIncomplete(logger, waited.TotalSeconds);

    private static void Measure(Generation generation, ReloadReason? reason, TimeSpan duration, string outcome)
    {
        var tenant = new KeyValuePair<string, object?>(SnakeHostTelemetry.Attributes.Tenant, generation.Tenant.Id);
        var ended = new KeyValuePair<string, object?>(SnakeHostTelemetry.Attributes.Outcome, outcome);
        SnakeHostTelemetry.ImportDuration.Record(duration.TotalSeconds, tenant, ended);
        if (reason is null)
            return;
        SnakeHostTelemetry.ReloadDuration.Record(duration.TotalSeconds, tenant, ended);
        SnakeHostTelemetry.Reloads.Add(1, tenant, ended);
    }

    private void Publish(
        Generation generation, TenantEventKind kind, TimeSpan? duration = null, IReadOnlyList<string>? changedFiles = null, TenantError? error = null) =>
        Events.Publish(new TenantEvent(generation.Tenant.Id, kind, generation.Number, time.GetUtcNow())
        {
            Duration = duration,
            ChangedFiles = changedFiles ?? [],
            Error = error,
        });

    private static partial class Log
    {
        [LoggerMessage(200, LogLevel.Information, "Tenant {Tenant}: loading generation {Generation}, {Specification}")]
        public static partial void Loading(ILogger logger, string tenant, int generation, TenantSpecification specification);

        [LoggerMessage(201, LogLevel.Information, "Tenant {Tenant}: reloading as generation {Generation} ({Trigger}) {ChangedFiles}")]
        public static partial void Reloading(ILogger logger, string tenant, int generation, ReloadTrigger trigger, string changedFiles);

        [LoggerMessage(202, LogLevel.Information, "Tenant {Tenant}: generation {Generation} ({App}) is ready after {Milliseconds:0.#} ms")]
        public static partial void Ready(ILogger logger, string tenant, int generation, string app, double milliseconds);

        [LoggerMessage(203, LogLevel.Error, "Tenant {Tenant}: generation {Generation} failed: {ErrorType}: {ErrorMessage} ({File}:{Line})\n{Traceback}")]
        public static partial void Failed(
            ILogger logger, string tenant, int generation, string errorType, string errorMessage, string? file, int? line, string? traceback, Exception exception);

        [LoggerMessage(204, LogLevel.Warning, "Tenant {Tenant}: the load of generation {Generation} is given up after {Seconds:0.#} s; it may still be running")]
        public static partial void Abandoned(ILogger logger, string tenant, int generation, double seconds);

        [LoggerMessage(205, LogLevel.Warning, "Tenant {Tenant}: the load of generation {Generation} that was given up ended after {Seconds:0.#} s; its app is disposed")]
        public static partial void AbandonedEnded(ILogger logger, string tenant, int generation, double seconds, Exception? exception);

        [LoggerMessage(206, LogLevel.Warning, "Tenant {Tenant}: generation {Generation} is disposed with {InFlight} requests in flight, after {Seconds:0.#} s of grace")]
        public static partial void GraceEnded(ILogger logger, string tenant, int generation, int inFlight, double seconds);

        [LoggerMessage(207, LogLevel.Debug, "Tenant {Tenant}: generation {Generation} is disposed")]
        public static partial void Disposed(ILogger logger, string tenant, int generation);

        [LoggerMessage(208, LogLevel.Error, "Tenant {Tenant}: disposing generation {Generation} failed")]
        public static partial void DisposeFailed(ILogger logger, string tenant, int generation, Exception exception);

        [LoggerMessage(214, LogLevel.Warning, "Tenant {Tenant}: a thread of generation {Generation} is left behind: {Reason}")]
        public static partial void Stuck(ILogger logger, string tenant, int generation, string reason);

        [LoggerMessage(216, LogLevel.Warning, "Tenant {Tenant}: generation {Generation} is still in memory {Seconds:0} s after its end. {Keeper}")]
        public static partial void Kept(ILogger logger, string tenant, int generation, double seconds, string keeper);

        [LoggerMessage(209, LogLevel.Information, "Tenant {Tenant}: evicted ({Reason})")]
        public static partial void Evicted(ILogger logger, string tenant, EvictReason reason);

        [LoggerMessage(210, LogLevel.Warning, "Not everything of the tenants had ended {Seconds:0.#} s after the start of the shutdown")]
        public static partial void ShutdownIncomplete(ILogger logger, double seconds);

        [LoggerMessage(212, LogLevel.Warning, "Tenant {Tenant}: generation {Generation} is still loading after {Seconds:0.#} s; the load is given up after {Limit:0.#} s")]
        public static partial void Slow(ILogger logger, string tenant, int generation, double seconds, double limit);

        [LoggerMessage(215, LogLevel.Error, "Tenant {Tenant}: the process of generation {Generation} {End}; it is loaded again in {Seconds:0.#} s")]
        public static partial void Lost(ILogger logger, string tenant, int generation, string end, double seconds);

        [LoggerMessage(213, LogLevel.Warning, "Tenant {Tenant}: generation {Generation} is still loading after {Seconds:0.#} s")]
        public static partial void SlowWithoutEnd(ILogger logger, string tenant, int generation, double seconds);

    }
}
