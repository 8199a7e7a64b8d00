using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace SnakeHost.Gateway.Telemetry;

/// <summary>The one activity source and the one meter of the gateway, and the names used on them.</summary>
internal static class SnakeHostTelemetry
{
    /// <summary>The name of <see cref="Source"/> and <see cref="Meter"/>, to subscribe to.</summary>
    public const string Name = "SnakeHost";

    public static readonly ActivitySource Source = new(Name);

    public static readonly Meter Meter = new(Name);

    /// <summary>Seconds from the start of a load to its end; tagged with the tenant and the outcome.</summary>
    public static readonly Histogram<double> ImportDuration =
        Meter.CreateHistogram<double>("snakehost.import.duration", "s", "How long loading a generation took.", null, Buckets.Loads);

    /// <summary>Seconds from the start of a reload to the swap or the failure.</summary>
    public static readonly Histogram<double> ReloadDuration =
        Meter.CreateHistogram<double>("snakehost.reload.duration", "s", "How long a reload took, up to the swap.", null, Buckets.Loads);

    /// <summary>Seconds from handing a request to an app to the end of its answer; tagged with the tenant and the status code or the error.</summary>
    public static readonly Histogram<double> RequestDuration =
        Meter.CreateHistogram<double>("snakehost.request.duration", "s", "How long an app took for a request, its queue included.", null, Buckets.Requests);

    /// <summary>Seconds that a thread waited for the GIL with a request in hand (WSGI).</summary>
    public static readonly Histogram<double> GilWait =
        Meter.CreateHistogram<double>("snakehost.gil.wait", "s", "How long a request's thread waited for the GIL before the app was called.", null, Buckets.Waits);

    /// <summary>Seconds that a request waited for the app's event loop to come round (ASGI).</summary>
    public static readonly Histogram<double> LoopLag =
        Meter.CreateHistogram<double>("snakehost.loop.lag", "s", "How long a request waited for the app's event loop to take it.", null, Buckets.Waits);

    public static readonly UpDownCounter<long> Tenants =
        Meter.CreateUpDownCounter<long>("snakehost.tenants", "{tenant}", "Tenants by state.");

    public static readonly Counter<long> Reloads =
        Meter.CreateCounter<long>("snakehost.reloads", "{reload}", "Reloads by outcome.");

    /// <summary>Requests that wait for a thread or a loop, asked for when metrics are collected. Called once in a process.</summary>
    public static void ObserveQueues(Func<IEnumerable<Measurement<int>>> measure) =>
        Meter.CreateObservableGauge("snakehost.queue.length", measure, "{request}", "Requests that wait for a thread or the event loop, by tenant.");

    /// <summary>Names of spans.</summary>
    public static class Spans
    {
        public const string TenantImport = "tenant.import";
        public const string TenantReload = "tenant.reload";
        public const string TenantEvict = "tenant.evict";
        public const string Module = "import.module";
        public const string Invalidate = "invalidate";
        public const string Import = "import";
        public const string Swap = "swap";
        public const string Drain = "drain";
    }

    /// <summary>Names of events of spans.</summary>
    public static class Events
    {
        public const string SlowRequest = "snakehost.slow_request";
        public const string FirstByte = "snakehost.first_byte";
        public const string Accepted = "accepted";
    }

    /// <summary>Names of attributes of spans and metrics.</summary>
    public static class Attributes
    {
        public const string Tenant = "snakehost.tenant";
        public const string Generation = "snakehost.generation";
        public const string State = "snakehost.tenant.state";
        public const string Outcome = "snakehost.outcome";
        public const string Trigger = "snakehost.reload.trigger";
        public const string ChangedFiles = "snakehost.reload.files";
        public const string ReloadWaitMs = "snakehost.reload.wait_ms";
        public const string QueueMs = "snakehost.queue_ms";
        public const string GilWaitMs = "snakehost.gil_wait_ms";
        public const string PythonMs = "snakehost.python_ms";
        public const string Slow = "snakehost.slow";
        public const string Stream = "snakehost.stream";
        public const string FirstByteMs = "snakehost.first_byte_ms";
        public const string Static = "snakehost.static";
        public const string SamplingRate = "snakehost.sampling.rate";
        public const string Kept = "snakehost.sampling.kept";
        public const string SocketReceived = "snakehost.websocket.received";
        public const string SocketSent = "snakehost.websocket.sent";
        public const string Module = "snakehost.module";
        public const string SelfMs = "snakehost.import.self_ms";
        public const string Lazy = "snakehost.import.lazy";
        public const string EvictReason = "snakehost.evict.reason";
        public const string Forced = "snakehost.drain.forced";

        /// <summary>OpenTelemetry's semantic conventions: HTTP, error, exception, code.</summary>
        public const string CodeStackTrace = "code.stacktrace";
        public const string Route = "http.route";
        public const string StatusCode = "http.response.status_code";
        public const string RequestSize = "http.request.body.size";
        public const string ResponseSize = "http.response.body.size";
        public const string ErrorType = "error.type";
        public const string ExceptionType = "exception.type";
        public const string ExceptionMessage = "exception.message";
        public const string ExceptionStackTrace = "exception.stacktrace";
    }
}
