using System.Collections.Concurrent;
using SnakeHost.Tests.Harness;

[assembly: AssemblyFixture(typeof(SharedGateways))]

namespace SnakeHost.Tests.Harness;

/// <summary>
/// One gateway per interpreter for all tests that can share one. Each is stopped by SIGTERM when the last test has ended, and has to
/// exit with 0 after everything that the tests did to it. One that died is replaced, so that the tests after it still say something,
/// and fails the run.
/// </summary>
public sealed class SharedGateways : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Slot> _slots = new();

    internal Task<SharedGateway> ForAsync(string python) => _slots.GetOrAdd(python, key => new Slot(key)).GetAsync();

    public async ValueTask DisposeAsync()
    {
        // At once: one whose app never answers takes its whole grace period.
        var stops = Task.WhenAll(_slots.Values.SelectMany(slot => slot.Started).Select(async gateway => await gateway.DisposeAsync()));
        await stops.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (stops.Exception is { } failures)
            throw failures;
    }

    /// <summary>The gateways of one interpreter; only the last one can be alive.</summary>
    private sealed class Slot(string python)
    {
        private readonly Lock _lock = new();
        private Task<SharedGateway>? _current;

        public List<SharedGateway> Started { get; } = [];

        public Task<SharedGateway> GetAsync()
        {
            lock (_lock)
            {
                if (_current is null or { IsCompletedSuccessfully: true, Result.Process.IsAlive: false })
                    _current = StartAsync();
                return _current;
            }
        }

        private async Task<SharedGateway> StartAsync()
        {
            var gateway = await SharedGateway.StartAsync(python);
            lock (_lock)
                Started.Add(gateway);
            return gateway;
        }
    }
}
