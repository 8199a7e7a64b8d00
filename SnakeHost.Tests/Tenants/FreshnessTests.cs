using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Tests.Tenants;

public sealed class FreshnessTests : IAsyncDisposable, ITenantFreshness
{
    private readonly TenantFixture _fixture = TenantFixture.Immediate();
    private readonly List<string> _told = [];
    private volatile bool _fresh = true;
    private int _asked;

    public FreshnessTests() => _fixture.Registry.Freshness = this;

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    bool ITenantFreshness.IsFresh(Tenant tenant)
    {
        _asked++;
        return _fresh;
    }

    async ValueTask ITenantFreshness.WaitAsync(Tenant tenant, CancellationToken cancellationToken)
    {
        _fixture.Registry.MarkStale(tenant, ["main.py"]);
        Assert.True(tenant.IsStale);
        await _fixture.Registry.ReloadAsync(tenant, ReloadReason.Files("main.py"), cancellationToken);
        _fresh = true;
    }

    ValueTask ITenantFreshness.LoadingAsync(Tenant tenant, int generation, CancellationToken cancellationToken)
    {
        _told.Add($"loading {generation}, {_fixture.Loader.Started} started");
        return default;
    }

    void ITenantFreshness.Loaded(Tenant tenant, Generation generation) =>
        _told.Add($"loaded {generation.Number} {generation.Application.App}, current {tenant.Current?.Number}");

    void ITenantFreshness.Retired(Tenant tenant) => _told.Add($"retired {tenant.Id}");

    private Task<Lease> AcquireAsync(bool autoreload = true) =>
        _fixture.Registry.AcquireAsync(TenantFixture.Specification(autoreload: autoreload), TenantFixture.Cancel).AsTask();

    [Fact]
    public async Task ARequestForAStaleTenantWaitsForTheNextGeneration()
    {
        (await AcquireAsync()).Dispose();
        _fresh = false;

        using var lease = await AcquireAsync();

        Assert.Equal(2, lease.Generation.Number);
        Assert.False(lease.Tenant.IsStale);
    }

    [Fact]
    public async Task TheWatchIsToldBeforeAnythingIsRead_AndBeforeRequestsSeeAGeneration()
    {
        (await AcquireAsync()).Dispose();
        _fresh = false;
        (await AcquireAsync()).Dispose();
        await _fixture.Registry.EvictAsync("shop");

        Assert.Equal(
            ["loading 1, 0 started", "loaded 1 main:app, current ", "loading 2, 1 started", "loaded 2 main:app, current 1", "retired shop"], _told);
    }

    [Fact]
    public async Task WithoutAutoreloadNobodyIsAsked()
    {
        _fresh = false;
        (await AcquireAsync(autoreload: false)).Dispose();
        (await AcquireAsync(autoreload: false)).Dispose();

        Assert.Equal(0, _asked);
        Assert.Empty(_told);
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
