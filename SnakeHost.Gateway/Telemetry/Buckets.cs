using System.Diagnostics.Metrics;

namespace SnakeHost.Gateway.Telemetry;

/// <summary>Bounds of histogram buckets in seconds; the SDK's own default counts in thousands.</summary>
internal static class Buckets
{
    /// <summary>As the semantic conventions have them for <c>http.server.request.duration</c>.</summary>
    public static readonly InstrumentAdvice<double> Requests = Of(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10);

    /// <summary>For what takes as long as an import.</summary>
    public static readonly InstrumentAdvice<double> Loads = Of(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120);

    /// <summary>For waits that should be none.</summary>
    public static readonly InstrumentAdvice<double> Waits = Of(0.00001, 0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5);

    private static InstrumentAdvice<double> Of(params double[] bounds) => new() { HistogramBucketBoundaries = bounds };
}
