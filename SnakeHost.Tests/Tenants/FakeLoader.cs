using System.Collections.Concurrent;
using System.Threading.Channels;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Tests.Tenants;

/// <summary>Hands each load to the test (<see cref="NextAsync"/>), or ends it by <see cref="Behaviour"/>; watches that no key is loaded twice at once.</summary>
internal sealed class FakeLoader : IApplicationLoader
{
    private readonly Channel<FakeLoad> _loads = Channel.CreateUnbounded<FakeLoad>();
    private readonly ConcurrentDictionary<string, int> _running = new();
    private int _started;

    /// <summary>Null: the test ends each load itself.</summary>
    public Func<FakeLoad, Task>? Behaviour { get; set; }

    /// <summary>Whether all tenants are debugged.</summary>
    public bool Debugs { get; set; }

    public int Started => Volatile.Read(ref _started);

    public bool LoadedAKeyTwiceAtOnce { get; private set; }

    public ConcurrentQueue<FakeApplication> Applications { get; } = new();

    public static FakeLoader Immediate() => new()
    {
        Behaviour = load =>
        {
            load.Succeed();
            return Task.CompletedTask;
        },
    };

    public async Task<FakeLoad> NextAsync() => await _loads.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    public bool IsDebugged(string tenantId, TenantSpecification specification) => Debugs;

    public async Task<IPythonApplication> LoadAsync(string tenantId, TenantSpecification specification, int generation, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _started);
        if (_running.AddOrUpdate(specification.Key, 1, (_, count) => count + 1) > 1)
            LoadedAKeyTwiceAtOnce = true;
        try
        {
            var load = new FakeLoad(specification, generation, cancellationToken);
            if (Behaviour is { } behaviour)
                await behaviour(load);
            else
                _loads.Writer.TryWrite(load);
            var application = await load.Task;
            Applications.Enqueue((FakeApplication)application);
            return application;
        }
        finally
        {
            _running.AddOrUpdate(specification.Key, 0, (_, count) => count - 1);
        }
    }
}
