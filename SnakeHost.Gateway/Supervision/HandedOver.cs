using System.Collections.Concurrent;

namespace SnakeHost.Gateway.Supervision;

/// <summary>The variables that were handed over while the gateway runs, for workers that are started later.</summary>
internal sealed class HandedOver
{
    private readonly ConcurrentDictionary<string, IReadOnlyDictionary<string, string>> _variables = new(StringComparer.Ordinal);

    public void Set(string environmentPrefix, IReadOnlyDictionary<string, string> variables) => _variables[environmentPrefix] = variables;

    public async Task GiveAsync(WorkerClient worker)
    {
        foreach (var (prefix, variables) in _variables)
            await worker.HandOverAsync(prefix, variables, CancellationToken.None);
    }
}
