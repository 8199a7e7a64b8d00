using System.Collections.Concurrent;
using SnakeHost.Tests.Harness;

[assembly: AssemblyFixture(typeof(SharedGateways))]

namespace SnakeHost.Tests.Harness;

/// <summary>
/// One gateway per interpreter for all tests that can share one. Each is stopped by SIGTERM when the last test has ended, and has to
/// exit with 0 after everything that the tests did to it.
/// </summary>
public sealed class SharedGateways : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<Task<SharedGateway>>> _gateways = new();

    internal Task<SharedGateway> ForAsync(string python) =>
        _gateways.GetOrAdd(python, key => new Lazy<Task<SharedGateway>>(() => SharedGateway.StartAsync(key))).Value;

    public async ValueTask DisposeAsync()
    {
        List<Exception> failures = [];
        foreach (var gateway in _gateways.Values)
        {
            try
            {
                await (await gateway.Value).DisposeAsync();
            }
            catch (Exception failure)
            {
                failures.Add(failure);
            }
        }

        if (failures.Count > 0)
            throw new AggregateException(failures);
    }
}
