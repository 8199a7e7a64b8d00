using System.Collections.Concurrent;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Tests.Tenants;

/// <summary>Many threads at once, a bounded number of steps each; what is asserted holds whatever the schedule.</summary>
public sealed class TenantStressTests
{
    private const int Threads = 8;

    /// <summary>Uses the application under a lease: it must not have been disposed, before or after.</summary>
    private static void Use(Lease lease)
    {
        Assert.True(lease.Generation.InFlight > 0);
        Assert.Equal(0, ((FakeApplication)lease.Application).Disposals);
        Thread.Yield();
        Assert.Equal(0, ((FakeApplication)lease.Application).Disposals);
        lease.Dispose();
        Assert.True(lease.Generation.InFlight >= 0);
    }

    private static Task OnThreads(Func<int, Task> work) => Task.WhenAll(Enumerable.Range(0, Threads).Select(i => Task.Run(() => work(i))));

    private static async Task EndAsync(TenantFixture fixture)
    {
        // The clock stands still: nothing may need the grace period to end.
        await fixture.Registry.DisposeAsync();
        Assert.False(fixture.Loader.LoadedAKeyTwiceAtOnce);
        Assert.NotEmpty(fixture.Loader.Applications);
        Assert.All(fixture.Loader.Applications, application => Assert.Equal(1, application.Disposals));
    }

    [Fact]
    public async Task ASwapUnderLoadLosesNoRequest()
    {
        var fixture = TenantFixture.Immediate();
        var tenant = await fixture.LoadAsync();
        using var stop = new CancellationTokenSource();
        var served = 0L;
        var load = OnThreads(async _ =>
        {
            while (!stop.IsCancellationRequested)
            {
                Use(await fixture.AcquireAsync());
                Interlocked.Increment(ref served);
            }
        });

        for (var i = 0; i < 200; i++)
        {
            // At least one request on each generation, so that the swaps do not outrun the load.
            var before = Interlocked.Read(ref served);
            Assert.Equal(i + 2, (await fixture.Registry.ReloadAsync(tenant, ReloadReason.Manual, TenantFixture.Cancel)).Generation);
            while (Interlocked.Read(ref served) == before && !load.IsCompleted)
                await Task.Yield();
        }

        await stop.CancelAsync();
        await load;
        Assert.Equal((served + 1, 0), (tenant.ToSnapshot().Requests, tenant.ToSnapshot().InFlight));
        await EndAsync(fixture);
        Assert.Equal(201, fixture.Loader.Applications.Count);
    }

    [Fact]
    public async Task EvictionByCapacityNeverTakesATenantInUse()
    {
        var fixture = TenantFixture.Immediate();
        fixture.Options.MaxTenants = Threads;
        var full = 0;
        await OnThreads(async seed =>
        {
            var random = new Random(seed);
            for (var i = 0; i < 1000; i++)
            {
                Use(await fixture.AcquireAsync($"t{random.Next(Threads * 3)}"));
                if (fixture.Registry.Tenants.Count > Threads)
                    Interlocked.Increment(ref full);
            }
        });

        Assert.Equal(0, full);
        await EndAsync(fixture);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task ARandomMixOfEverythingKeepsTheRules(int seed)
    {
        var random = new ThreadLocal<Random>(() => new Random(seed + Environment.CurrentManagedThreadId));
        var failures = 0;
        var fixture = new TenantFixture
        {
            Loader = new FakeLoader
            {
                Behaviour = async load =>
                {
                    for (var i = random.Value!.Next(4); i > 0; i--)
                        await Task.Yield();
                    if (random.Value.Next(6) == 0)
                        throw TenantFixture.Broken();
                    load.Succeed();
                },
            },
        };
        fixture.Options.MaxTenants = 6;
        fixture.Options.FailureCacheDuration = TimeSpan.Zero;
        var registry = fixture.Registry;
        using var events = registry.Events.Subscribe(100_000);

        await OnThreads(async thread =>
        {
            for (var i = 0; i < 600; i++)
            {
                var folder = $"t{random.Value!.Next(9)}";
                switch (random.Value.Next(20))
                {
                    case 0 when registry.Find(folder) is { } tenant:
                        await registry.ReloadAsync(tenant, ReloadReason.Manual, TenantFixture.Cancel);
                        break;
                    case 1 when registry.Find(folder) is { } tenant:
                        await registry.EvictAsync(tenant);
                        break;
                    case 2:
                        registry.Snapshot();
                        break;
                    case 3:
                        using (var impatient = new CancellationTokenSource())
                        {
                            var request = registry.AcquireAsync(TenantFixture.Specification(folder), impatient.Token).AsTask();
                            await impatient.CancelAsync();
                            try
                            {
                                Use(await request);
                            }
                            catch (Exception exception) when (exception is OperationCanceledException or TenantException)
                            {
                            }
                        }

                        break;
                    default:
                        try
                        {
                            var lease = await fixture.AcquireAsync(folder);
                            if (random.Value.Next(4) == 0)
                                await Task.Yield();
                            Use(lease);
                        }
                        catch (Exception exception) when (exception is TenantException { Kind: var kind } && (kind == ErrorKind.LoadFailed || kind == ErrorKind.CapacityReached))
                        {
                            Interlocked.Increment(ref failures);
                        }

                        break;
                }
            }
        });

        Assert.True(registry.Tenants.Count <= fixture.Options.MaxTenants);
        Assert.All(registry.Snapshot(), tenant => Assert.Equal(0, tenant.InFlight));
        Assert.True(failures > 0);
        await EndAsync(fixture);

        // Events tell of each generation once, and of nothing that did not begin.
        var seen = new ConcurrentDictionary<TenantEventKind, int>();
        await foreach (var next in events.ReadAllAsync(TenantFixture.Cancel))
            seen.AddOrUpdate(next.Kind, 1, (_, count) => count + 1);
        Assert.False(seen.ContainsKey(TenantEventKind.Dropped));
        Assert.Equal(seen[TenantEventKind.Draining], seen[TenantEventKind.Disposed]);
        Assert.Equal(fixture.Loader.Applications.Count, seen[TenantEventKind.Disposed]);
        Assert.Equal(fixture.Loader.Started, seen[TenantEventKind.Loading] + seen[TenantEventKind.Reloading]);

        // A load that fails while its tenant is being evicted is nobody's failure.
        Assert.InRange(seen[TenantEventKind.Failed], 1, fixture.Loader.Started - fixture.Loader.Applications.Count);
    }

    [Fact]
    public async Task ShutdownUnderLoadDisposesEverythingOnce()
    {
        for (var round = 0; round < 10; round++)
        {
            var fixture = TenantFixture.Immediate();
            var started = new CountdownEvent(Threads);
            var load = OnThreads(async thread =>
            {
                var first = true;
                while (true)
                {
                    try
                    {
                        Use(await fixture.AcquireAsync($"t{thread % 3}"));
                    }
                    catch (TenantException e) when (e.Kind == ErrorKind.ShuttingDown)
                    {
                        return;
                    }

                    if (first)
                        started.Signal();
                    first = false;
                }
            });
            started.Wait(TestContext.Current.CancellationToken);

            await fixture.Registry.DisposeAsync();

            await load;
            await EndAsync(fixture);
        }
    }
}
