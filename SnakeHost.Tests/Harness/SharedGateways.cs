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
        // At once: one whose app never answers takes its whole grace period.
        var stops = Task.WhenAll(_gateways.Values.Select(async gateway => await (await gateway.Value).DisposeAsync()));
        await stops.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (stops.Exception is { } failures)
            throw failures;
    }
}
