using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using SnakeHost.ServiceDefaults;

namespace SnakeHost.Tests.ServiceDefaults;

public sealed class TenantMetersTests : IDisposable
{
    private const string Tenant = "snakehost.tenant";

    private readonly Meter _source = new(Guid.NewGuid().ToString());
    private readonly List<string> _exported = [];
    private string? _failing;

    public void Dispose() => _source.Dispose();

    [Fact]
    public async Task EachMeasurement_IsCountedOnce_UnderItsTenant()
    {
        var duration = _source.CreateHistogram<double>("duration", "s", "How long.", null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 2] });
        var reloads = _source.CreateCounter<long>("reloads", "{reload}");
        var tenants = _source.CreateUpDownCounter<long>("tenants");
        using var meters = Create(TimeSpan.FromHours(1));

        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < 1_000; i++)
                duration.Record(1.5, new KeyValuePair<string, object?>(Tenant, thread % 2 == 0 ? "a" : "b"), new("status", 200));
        })));
        reloads.Add(3, new KeyValuePair<string, object?>(Tenant, "a"));
        tenants.Add(2, new KeyValuePair<string, object?>("state", "ready"));

        Assert.True(meters.Export());
        Assert.Equal(
            ["-: tenants 2 state=ready", "a: duration 4000 in (1, 2] of s, snakehost.tenant=a status=200", "a: reloads 3 snakehost.tenant=a", "b: duration 4000 in (1, 2] of s, snakehost.tenant=b status=200"],
            _exported.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void WhoListensToTheSource_HearsEachMeasurementOnce()
    {
        var heard = 0;
        using var listener = new MeterListener { InstrumentPublished = (instrument, listener) => listener.EnableMeasurementEvents(instrument) };
        listener.SetMeasurementEventCallback<long>((instrument, _, _, _) => heard += instrument.Meter.Name == _source.Name ? 1 : 0);
        listener.Start();
        using var meters = Create(TimeSpan.FromHours(1));
        _source.CreateCounter<long>("reloads").Add(1, new KeyValuePair<string, object?>(Tenant, "a"));
        Assert.Equal((true, 1), (meters.Export(), heard));
    }

    [Fact]
    public void WhatIsNoLongerObserved_IsNotExported()
    {
        List<Measurement<int>> queues = [new(1, new KeyValuePair<string, object?>(Tenant, "a"))];
        _source.CreateObservableGauge("queue", () => queues);
        using var meters = Create(TimeSpan.FromHours(1));

        meters.Export();
        queues[0] = new(2, new KeyValuePair<string, object?>(Tenant, "b"));
        meters.Export();

        Assert.Equal(["a: queue 1 snakehost.tenant=a", "b: queue 2 snakehost.tenant=b"], _exported);
    }

    [Fact]
    public void OneOfSeveralProcesses_SaysWhichOneMeasured()
    {
        var reloads = _source.CreateCounter<long>("reloads");
        using var meters = Create(TimeSpan.FromHours(1), instance: "gateway-2");
        reloads.Add(1, new KeyValuePair<string, object?>(Tenant, "a"));
        meters.Export();
        Assert.Equal(["a: reloads 1 service.instance.id=gateway-2 snakehost.tenant=a"], _exported);
    }

    [Fact]
    public void AFailure_EndsTheRound_AndNothingIsLost()
    {
        var reloads = _source.CreateCounter<long>("reloads");
        using var meters = Create(TimeSpan.FromHours(1));
        foreach (var tenant in new[] { "a", "b" })
            reloads.Add(1, new KeyValuePair<string, object?>(Tenant, tenant));

        _failing = "a";
        Assert.False(meters.Export());
        _failing = null;
        reloads.Add(1, new KeyValuePair<string, object?>(Tenant, "a"));
        _exported.Clear();
        Assert.True(meters.Export());
        Assert.Equal(["a: reloads 2 snakehost.tenant=a", "b: reloads 1 snakehost.tenant=b"], _exported.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void AnIdleTenant_IsLetGo_AndWhatWasMeasuredMeanwhileIsExported()
    {
        var reloads = _source.CreateCounter<long>("reloads");
        using var meters = Create(TimeSpan.Zero);
        reloads.Add(1, new KeyValuePair<string, object?>(Tenant, "a"));
        meters.Export();
        Assert.Equal(0, meters.Count);

        reloads.Add(1, new KeyValuePair<string, object?>(Tenant, "a"));
        meters.Export();
        // Of a new life: the first one has been exported with all it had, once more when it went.
        Assert.All(_exported, static line => Assert.Equal("a: reloads 1 snakehost.tenant=a", line));
    }

    /// <summary>A collector that does not answer would be waited for once per tenant.</summary>
    [Fact]
    public void TheEnd_ExportsNothing()
    {
        var reloads = _source.CreateCounter<long>("reloads");
        var meters = Create(TimeSpan.FromHours(1));
        reloads.Add(1, new KeyValuePair<string, object?>(Tenant, "a"));

        meters.Dispose();
        Assert.Empty(_exported);
        Assert.False(meters.Export());
        Assert.Empty(_exported);
    }

    private TenantMeters Create(TimeSpan idle, string? instance = null) => new(
        _source.Name,
        tenant => new TenantMeter(
            $"{_source.Name}.Tenants", ResourceBuilder.CreateEmpty(), new Recorder(this, tenant ?? "-"), MetricReaderTemporalityPreference.Cumulative, new ConfigurationBuilder().Build(), tenant is null ? null : instance),
        idle);

    private sealed class Recorder(TenantMetersTests test, string tenant) : BaseExporter<Metric>
    {
        public override ExportResult Export(in Batch<Metric> batch)
        {
            if (test._failing == tenant)
                return ExportResult.Failure;
            foreach (var metric in batch)
            {
                foreach (ref readonly var point in metric.GetMetricPoints())
                    test._exported.Add($"{tenant}: {metric.Name} {Value(metric, in point)}{Attributes(in point)}");
            }

            return ExportResult.Success;
        }

        private static string Value(Metric metric, in MetricPoint point)
        {
            if (metric.MetricType == MetricType.LongGauge)
                return $"{point.GetGaugeLastValueLong()}";
            if (metric.MetricType != MetricType.Histogram)
                return $"{point.GetSumLong()}";
            var lower = double.NegativeInfinity;
            foreach (var bucket in point.GetHistogramBuckets())
            {
                if (bucket.BucketCount == point.GetHistogramCount())
                    return $"{bucket.BucketCount} in ({lower}, {bucket.ExplicitBound}] of {metric.Unit},";
                lower = bucket.ExplicitBound;
            }

            return "in several buckets";
        }

        private static string Attributes(in MetricPoint point)
        {
            var all = new List<string>();
            foreach (var (name, value) in point.Tags)
                all.Add($"{name}={value}");
            return string.Concat(all.Order(StringComparer.Ordinal).Select(static text => $" {text}"));
        }
    }
}
