using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace SnakeHost.ServiceDefaults;

/// <summary>A meter with the instruments of another one, as far as they have measured something, and what exports it under its own resource. It has no thread of its own.</summary>
internal sealed class TenantMeter : IDisposable
{
    /// <summary>Of one metric. The SDK's 2,000 would be allocated for each of every tenant.</summary>
    private const int MostPoints = 200;

    /// <summary>Of the one that tells routes beside status codes.</summary>
    private const int MostPointsByRoute = 1_000;

    private readonly Meter _meter;
    private readonly MeterProvider _provider;
    private readonly KeyValuePair<string, object?>? _instance;
    private readonly Lock _gate = new();
    private Delegate?[] _recordings = [];
    private Action? _clear;
    private bool _isUsed;
    private long _lastUsed = Environment.TickCount64;

    /// <param name="name">The meter's.</param>
    /// <param name="exporter">The provider's, which ends it.</param>
    /// <param name="instance">Tells this process's points from those of others under the same resource; null where there are none.</param>
    public TenantMeter(string name, ResourceBuilder resource, BaseExporter<Metric> exporter, MetricReaderTemporalityPreference temporality, IConfiguration configuration, string? instance)
    {
        _meter = new Meter(name);
        _instance = instance is null ? null : new(TenantTelemetry.Instance, instance);
        _provider = Sdk.CreateMeterProviderBuilder()
            .ConfigureServices(services => services.AddSingleton(configuration))
            .SetResourceBuilder(resource)
            .AddMeter(name)
            // Those of other tenants have the same name.
            .AddView(instrument => ReferenceEquals(instrument.Meter, _meter) ? new MetricStreamConfiguration { CardinalityLimit = instrument.Name == TenantTelemetry.RequestDuration ? MostPointsByRoute : MostPoints } : MetricStreamConfiguration.Drop)
            .AddReader(new BaseExportingMetricReader(exporter) { TemporalityPreference = temporality })
            .Build();
    }

    private delegate void Recording<T>(T value, ReadOnlySpan<KeyValuePair<string, object?>> tags);

    /// <summary>Since a round in which something had been measured.</summary>
    public TimeSpan Idle => TimeSpan.FromMilliseconds(Environment.TickCount64 - _lastUsed);

    /// <param name="place">The instrument's, in its meter.</param>
    public void Record<T>(Instrument instrument, int place, T value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        where T : struct
    {
        // Written once in a round: all threads have it in their caches.
        if (!_isUsed)
            _isUsed = true;
        var recordings = Volatile.Read(ref _recordings);
        var record = (Recording<T>)((place < recordings.Length ? recordings[place] : null) ?? Add<T>(instrument, place));
        if (_instance is { } instance)
            tags = (KeyValuePair<string, object?>[])[.. tags, instance];
        record(value, tags);
    }

    /// <summary>Forgets what was observed in the last round.</summary>
    public void BeginRound()
    {
        if (_isUsed)
            _lastUsed = Environment.TickCount64;
        _isUsed = false;
        lock (_gate)
            _clear?.Invoke();
    }

    public bool Export() => _provider.ForceFlush();

    /// <summary>Measures no more.</summary>
    public void End() => _meter.Dispose();

    /// <summary>Exports what has come since the last round.</summary>
    public void Dispose()
    {
        _provider.Dispose();
        _meter.Dispose();
    }

    private Delegate Add<T>(Instrument instrument, int place)
        where T : struct
    {
        lock (_gate)
        {
            if (place < _recordings.Length && _recordings[place] is { } there)
                return there;
            var recordings = new Delegate?[Math.Max(_recordings.Length, place + 1)];
            _recordings.CopyTo(recordings, 0);
            var added = recordings[place] = Copy<T>(instrument);
            Volatile.Write(ref _recordings, recordings);
            return added;
        }
    }

    private Recording<T> Copy<T>(Instrument instrument)
        where T : struct => instrument switch
        {
            Histogram<T> histogram => _meter.CreateHistogram(histogram.Name, histogram.Unit, histogram.Description, histogram.Tags ?? [], histogram.Advice).Record,
            Counter<T> counter => _meter.CreateCounter<T>(counter.Name, counter.Unit, counter.Description, counter.Tags ?? []).Add,
            UpDownCounter<T> counter => _meter.CreateUpDownCounter<T>(counter.Name, counter.Unit, counter.Description, counter.Tags ?? []).Add,
            ObservableGauge<T> gauge => Observe(gauge),
            _ => throw new NotSupportedException($"{instrument.Name} is a {instrument.GetType().Name}."),
        };

    private Recording<T> Observe<T>(ObservableGauge<T> gauge)
        where T : struct
    {
        var observed = new List<Measurement<T>>();
        _clear += observed.Clear;
        _meter.CreateObservableGauge(gauge.Name, () => observed, gauge.Unit, gauge.Description, gauge.Tags ?? []);
        return (value, tags) => observed.Add(new Measurement<T>(value, tags));
    }
}
