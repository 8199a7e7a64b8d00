using OpenTelemetry;

namespace SnakeHost.ServiceDefaults;

/// <summary>
/// Exports one batch of all tenants, each tenant's part under its own resource, one after the other on the batch's thread. A failure ends
/// the batch, as it does where there is one resource: a collector that cannot be reached is not waited for once per tenant.
/// </summary>
/// <param name="tenantOf">Null for the process's own.</param>
/// <param name="create">An exporter for a tenant.</param>
/// <param name="report">Is told how it went, and has the last word.</param>
/// <param name="capacity">So many exporters are kept at most.</param>
/// <param name="idle">An exporter that has had nothing to do for so long goes.</param>
internal sealed class TenantExporter<T>(
    Func<T, string?> tenantOf, Func<string?, ResourceExporter<T>> create, Func<ExportResult, ExportResult> report, int capacity, TimeSpan idle) : BaseExporter<T>
    where T : class
{
    private readonly Dictionary<string, ResourceExporter<T>> _exporters = new(StringComparer.Ordinal);
    private readonly List<ResourceExporter<T>> _touched = [];
    private readonly Lock _gate = new();
    private bool _isEnded;

    internal int Count => _exporters.Count;

    public override ExportResult Export(in Batch<T> batch)
    {
        foreach (var item in batch)
            Add(item);
        var result = ExportResult.Success;
        foreach (var exporter in _touched)
        {
            if (result == ExportResult.Success)
                result = Volatile.Read(ref _isEnded) ? ExportResult.Failure : exporter.Export();
            exporter.Clear();
        }

        _touched.Clear();
        Trim();
        return report(result);
    }

    protected override bool OnShutdown(int timeoutMilliseconds)
    {
        // A batch may be under way: who ends the process has not waited for it. What is disposed breaks its export off.
        lock (_gate)
        {
            _isEnded = true;
            foreach (var exporter in _exporters.Values)
                exporter.Dispose();
        }

        return true;
    }

    private void Add(T item)
    {
        var tenant = tenantOf(item);
        if (!_exporters.TryGetValue(tenant ?? "", out var exporter))
        {
            exporter = create(tenant);
            lock (_gate)
                _exporters[tenant ?? ""] = exporter;
        }

        if (!exporter.HasItems)
            _touched.Add(exporter);
        exporter.Add(item);
    }

    private void Trim()
    {
        var oldest = Environment.TickCount64 - (long)idle.TotalMilliseconds;
        if (_exporters.Count <= capacity && _exporters.Values.All(exporter => exporter.LastUsed >= oldest))
            return;
        var rank = 0;
        foreach (var (tenant, exporter) in _exporters.OrderByDescending(entry => entry.Value.LastUsed).ToList())
        {
            if (rank++ < capacity && exporter.LastUsed >= oldest)
                continue;
            lock (_gate)
                _exporters.Remove(tenant);
            exporter.Dispose();
        }
    }
}
