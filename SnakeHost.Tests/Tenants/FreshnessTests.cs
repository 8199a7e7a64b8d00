using Microsoft.Extensions.Logging.Abstractions;
using SnakeHost.Gateway.Tenants;
using SnakeHost.Tests.Watching;

namespace SnakeHost.Tests.Tenants;

public sealed class FreshnessTests : IAsyncDisposable
{
    private readonly TenantFixture _fixture = TenantFixture.Immediate();
    private readonly FakeWatcher _watcher = new();
    private readonly ReloadManager _freshness;

    public FreshnessTests()
    {
        _freshness = new ReloadManager(_fixture.Registry, _fixture.Reload, root: "", _fixture.Clock, NullLogger.Instance, _watcher);
        _fixture.Registry.Freshness = _freshness;
    }

    public async ValueTask DisposeAsync()
    {
        await _fixture.DisposeAsync();
        _freshness.Dispose();
    }

    private Task<Lease> AcquireAsync(bool autoreload = true) =>
        _fixture.Registry.AcquireAsync(TenantFixture.Specification(autoreload: autoreload), TenantFixture.Cancel).AsTask();

    [Fact]
    public async Task ATreeIsWatchedBeforeAnythingIsRead_AndUntilTheTenantIsGone()
    {
        _fixture.Loader.Behaviour = null;
        var request = AcquireAsync();
        var load = await _fixture.Loader.NextAsync();
        var tree = Assert.Single(_watcher.Trees);
        load.Succeed();
        (await request).Dispose();

        await _fixture.Registry.EvictAsync("shop");

        Assert.True(tree.IsDisposed);
    }

    [Fact]
    public async Task WithoutAutoreloadNothingIsWatched()
    {
        (await AcquireAsync(autoreload: false)).Dispose();
        (await AcquireAsync(autoreload: false)).Dispose();

        Assert.Empty(_watcher.Trees);
    }

    [Fact]
    public async Task AChangeDuringALoadLeavesTheNewGenerationStale()
    {
        _fixture.Loader.Behaviour = null;
        var request = AcquireAsync();
        var load = await _fixture.Loader.NextAsync();
        var tenant = _fixture.Registry.Find("shop")!;
        _fixture.Registry.MarkStale(tenant, ["main.py"]);
        load.Succeed();
        (await request).Dispose();
        Assert.True(Assert.Single(_fixture.Registry.Snapshot()).IsStale);

        var reload = _fixture.Registry.ReloadAsync(tenant, ReloadReason.Files("main.py"), TenantFixture.Cancel);
        (await _fixture.Loader.NextAsync()).Succeed();
        await reload;

        Assert.False(tenant.IsStale);
    }
}
