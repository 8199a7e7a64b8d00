using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Tests.Tenants;

public sealed class AcquireTests : IAsyncDisposable
{
    private readonly TenantFixture _fixture = new();

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task ManyRequestsForANewTenantShareOneLoad()
    {
        var requests = Enumerable.Range(0, 50).Select(_ => _fixture.AcquireAsync()).ToList();
        var load = await _fixture.Loader.NextAsync();
        var application = load.Succeed();

        var leases = await Task.WhenAll(requests);

        Assert.All(leases, lease => Assert.Same(application, lease.Application));
        Assert.Equal(50, leases[0].Generation.InFlight);
        Assert.Equal(1, _fixture.Loader.Started);
    }

    [Fact]
    public async Task ACallerThatGoesAwayDoesNotCancelTheLoadForOthers()
    {
        using var gone = new CancellationTokenSource();
        var first = _fixture.Registry.AcquireAsync(TenantFixture.Specification(), gone.Token).AsTask();
        var load = await _fixture.Loader.NextAsync();
        var second = _fixture.AcquireAsync();

        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.False(load.Token.IsCancellationRequested);
        load.Succeed();

        Assert.Equal(1, (await second).Generation.Number);
        Assert.Equal(1, _fixture.Loader.Started);
    }

    [Fact]
    public async Task DifferentTenantsLoadAtTheSameTime()
    {
        var requests = new[] { _fixture.AcquireAsync("a"), _fixture.AcquireAsync("b") };
        var loads = new[] { await _fixture.Loader.NextAsync(), await _fixture.Loader.NextAsync() };
        foreach (var load in loads)
            load.Succeed();

        var leases = await Task.WhenAll(requests);

        Assert.Equal(["a", "b"], leases.Select(lease => lease.Tenant.Id).Order());
    }

    [Fact]
    public async Task MoreLoadsThanMayRunAtOnceAreRefused_AndTheRefusedTenantIsNotKept()
    {
        _fixture.Options.MaxConcurrentLoads = 1;
        var first = _fixture.AcquireAsync("a");
        var load = await _fixture.Loader.NextAsync();

        var refused = await Assert.ThrowsAsync<TenantException>(() => _fixture.AcquireAsync("b"));
        Assert.Same(ErrorKind.TooManyLoads, refused.Kind);

        Assert.True(refused.RetryAfter >= TimeSpan.FromSeconds(1));
        Assert.Null(_fixture.Registry.Find("b"));
        load.Succeed();
        await first;
        var retry = _fixture.AcquireAsync("b");
        (await _fixture.Loader.NextAsync()).Succeed();
        await retry;
    }

    [Fact]
    public async Task ARequestForALoadedTenantCompletesAtOnceAndAllocatesNothing()
    {
        _fixture.Loader.Behaviour = load =>
        {
            load.Succeed();
            return Task.CompletedTask;
        };
        await _fixture.LoadAsync();
        var specification = TenantFixture.Specification();
        var registry = _fixture.Registry;
        void Request()
        {
            var acquired = registry.AcquireAsync(specification, default);
            Assert.True(acquired.IsCompletedSuccessfully);
#pragma warning disable CA2012 // It has completed.
            acquired.Result.Dispose();
#pragma warning restore CA2012
        }

        for (var i = 0; i < 1000; i++)
            Request();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            Request();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(2001, registry.Find("shop")!.ToSnapshot().Requests);
    }

    [Fact]
    public async Task TheSnapshotTellsTheTenantsStory()
    {
        var request = _fixture.AcquireAsync();
        var load = await _fixture.Loader.NextAsync();
        Assert.Equal("loading", Assert.Single(_fixture.Registry.Snapshot()).State);
        _fixture.Clock.Advance(TimeSpan.FromMilliseconds(250));
        load.Succeed();
        using var lease = await request;

        var shown = Assert.Single(_fixture.Registry.Snapshot());

        Assert.Equal(("shop", "main:app", "wsgi", "/srv/apps/shop", "ready"), (shown.Id, shown.App, shown.Interface, shown.WorkingDirectory, shown.State));
        Assert.Equal((1, 3, 250.0, 0L, 0L, 1L, 1), (shown.Generation, shown.Modules, shown.ImportMs, shown.Reloads, shown.Failures, shown.Requests, shown.InFlight));
        Assert.Equal(TenantKey.Hash(TenantFixture.Specification().Key), shown.Key);
        Assert.Equal(_fixture.Clock.GetUtcNow(), shown.LastUsed);
        Assert.Null(shown.Error);
    }
}
