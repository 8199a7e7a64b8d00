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
        Meter.CreateHistogram<double>("snakehost.import.duration", "s", "How long loading a generation took.");

    /// <summary>Seconds from the start of a reload to the swap or the failure.</summary>
    public static readonly Histogram<double> ReloadDuration =
        Meter.CreateHistogram<double>("snakehost.reload.duration", "s", "How long a reload took, up to the swap.");

    public static readonly UpDownCounter<long> Tenants =
        Meter.CreateUpDownCounter<long>("snakehost.tenants", "{tenant}", "Tenants by state.");

    public static readonly Counter<long> Reloads =
        Meter.CreateCounter<long>("snakehost.reloads", "{reload}", "Reloads by outcome.");

    /// <summary>Names of spans.</summary>
    public static class Spans
    {
        public const string TenantImport = "tenant.import";
        public const string TenantReload = "tenant.reload";
        public const string TenantEvict = "tenant.evict";
        public const string Import = "import";
        public const string Swap = "swap";
        public const string Drain = "drain";
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
        public const string EvictReason = "snakehost.evict.reason";
        public const string Forced = "snakehost.drain.forced";

        /// <summary>OpenTelemetry's semantic conventions: error, exception.</summary>
        public const string ErrorType = "error.type";
        public const string ExceptionType = "exception.type";
        public const string ExceptionMessage = "exception.message";
        public const string ExceptionStackTrace = "exception.stacktrace";
    }
}
