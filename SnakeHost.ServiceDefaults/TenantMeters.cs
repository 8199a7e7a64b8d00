using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace SnakeHost.ServiceDefaults;

/// <summary>
/// Passes what the gateway's meter measures to a meter of the tenant that the measurement names, and the rest to one of the process. A provider of the SDK has one resource, hence one for each.
/// </summary>
/// <remarks>
/// A measurement costs one look into a dictionary more than without. All are collected one after the other, on the thread of the process's own metrics; a failure ends the round, as a collector that cannot
/// be reached must not be waited for once per tenant, and what has been measured goes with the next one.
/// </remarks>
internal sealed class TenantMeters : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, TenantMeter> _meters = new(StringComparer.Ordinal);
    private readonly Func<string?, TenantMeter> _create;
    private readonly TimeSpan _idle;
    private readonly Lock _round = new();
    private List<TenantMeter> _leaving = [];
    private int _instruments;
    private volatile bool _isEnded;

    /// <param name="source">The name of the meter.</param>
    /// <param name="create">A meter for a tenant; null for the process's own.</param>
    /// <param name="idle">One that has had nothing to do for so long goes.</param>
    public TenantMeters(string source, Func<string?, TenantMeter> create, TimeSpan idle)
    {
        _create = create;
        _idle = idle;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == source)
                listener.EnableMeasurementEvents(instrument, new Place(Interlocked.Increment(ref _instruments) - 1));
        };
        _listener.SetMeasurementEventCallback<double>(Pass);
        _listener.SetMeasurementEventCallback<long>(Pass);
        _listener.SetMeasurementEventCallback<int>(Pass);
        _listener.Start();
    }

    internal int Count => _meters.Count;

    /// <summary>Exports all.</summary>
    public bool Export()
    {
        lock (_round)
        {
            foreach (var meter in _meters.Values)
                meter.BeginRound();
            _listener.RecordObservableInstruments();
            var arrives = true;
            foreach (var meter in _meters.Values.Concat(_leaving))
                arrives = arrives && !_isEnded && meter.Export();
            // Each has one more export before it goes.
            if (!arrives)
                return false;
            foreach (var meter in _leaving)
                meter.Dispose();
            // One round later than it was removed: whoever had found it has long since measured.
            _leaving = [.. _meters.Where(entry => entry.Value.Idle >= _idle && _meters.TryRemove(entry)).Select(static entry => entry.Value)];
            return true;
        }
    }

    /// <summary>Measures no more. The providers are left to the end of the process: theirs would be one more export for each, and what does not answer then would be waited for each time.</summary>
    public void Dispose()
    {
        _isEnded = true;
        _listener.Dispose();
        foreach (var meter in _meters.Values)
            meter.End();
    }

    private void Pass<T>(Instrument instrument, T value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
        where T : struct
    {
        var tenant = TenantTelemetry.Of(tags);
        if (!_meters.TryGetValue(tenant ?? "", out var meter))
        {
            // Two would be two streams of one name.
            lock (_meters)
            {
                if (!_meters.TryGetValue(tenant ?? "", out meter))
                    _meters[tenant ?? ""] = meter = _create(tenant);
            }
        }

        meter.Record(instrument, ((Place)state!).Index, value, tags);
    }

    /// <summary>Which of the source's instruments it is.</summary>
    private sealed record Place(int Index);
}
