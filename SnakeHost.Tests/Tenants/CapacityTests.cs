using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Tests.Tenants;

public sealed class CapacityTests : IAsyncDisposable
{
    private readonly TenantFixture _fixture = TenantFixture.Immediate();

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    private string[] Ids => [.. _fixture.Registry.Snapshot().Select(tenant => tenant.Id)];

    private async Task UseAsync(params string[] folders)
    {
        foreach (var folder in folders)
        {
            await _fixture.LoadAsync(folder);
            _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public async Task TheLeastRecentlyUsedIdleTenantMakesRoom()
    {
        _fixture.Options.MaxTenants = 3;
        await UseAsync("a", "b", "c", "a");
        using var events = _fixture.Registry.Events.Subscribe();

        await UseAsync("d");

        Assert.Equal(["a", "c", "d"], Ids);
        var evicted = await TenantFixture.ExpectAsync(events, TenantEventKind.Evicted);
        Assert.Equal(("b", EvictReason.Capacity), (evicted.TenantId, evicted.Reason));
        Assert.Equal("b", (await TenantFixture.ExpectAsync(events, TenantEventKind.Disposed)).TenantId);
    }

    [Fact]
    public async Task ATenantInUseIsNeverEvicted_AndWithNothingIdleThereIsNoRoom()
    {
        _fixture.Options.MaxTenants = 2;
        var a = await _fixture.AcquireAsync("a");
        using var b = await _fixture.AcquireAsync("b");

        var refused = await Assert.ThrowsAsync<TenantException>(() => _fixture.AcquireAsync("c"));
        Assert.Same(ErrorKind.CapacityReached, refused.Kind);
        Assert.True(refused.RetryAfter >= TimeSpan.FromSeconds(1));

        a.Dispose();
        await UseAsync("c");
        Assert.Equal(["b", "c"], Ids);
        Assert.Equal(0, ((FakeApplication)b.Application).Disposals);
    }

    [Fact]
    public async Task ATenantThatIsBeingLoadedIsInUse()
    {
        _fixture.Options.MaxTenants = 1;
        _fixture.Loader.Behaviour = null;
        var request = _fixture.AcquireAsync("a");
        var load = await _fixture.Loader.NextAsync();

        Assert.Same(ErrorKind.CapacityReached, (await Assert.ThrowsAsync<TenantException>(() => _fixture.AcquireAsync("b"))).Kind);

        load.Succeed();
        using var lease = await request;
        Assert.Equal("a", lease.Tenant.Id);
    }

    [Fact]
    public async Task AFailedTenantGoesBeforeAWorkingOne()
    {
        _fixture.Options.MaxTenants = 2;
        await UseAsync("good");
        var works = _fixture.Loader.Behaviour;
        _fixture.Loader.Behaviour = _ => throw TenantFixture.Broken();
        await Assert.ThrowsAsync<TenantLoadException>(() => _fixture.AcquireAsync("bad"));
        _fixture.Loader.Behaviour = works;

        await UseAsync("new");

        Assert.Equal(["good", "new"], Ids);
    }

    [Fact]
    public async Task ATenantNobodyUsesForTheIdleTimeoutIsEvicted_OneInUseIsNot()
    {
        using var held = await _fixture.AcquireAsync("held");
        await UseAsync("idle");
        using var events = _fixture.Registry.Events.Subscribe();
        _fixture.Clock.Advance(TimeSpan.FromMinutes(29));
        await UseAsync("fresh");

        _fixture.Clock.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal(["fresh", "held"], Ids);
        Assert.Equal(EvictReason.Idle, (await TenantFixture.ExpectAsync(events, TenantEventKind.Evicted)).Reason);
        Assert.Equal("idle", (await TenantFixture.ExpectAsync(events, TenantEventKind.Disposed)).TenantId);
    }

    [Fact]
    public async Task ATenantThatIsDebuggedIsNeverIdle()
    {
        await UseAsync("debugged");
        _fixture.Loader.Applications.Single().IsDebugged = true;

        _fixture.Clock.Advance(TimeSpan.FromHours(2));

        Assert.Equal(["debugged"], Ids);
    }

    [Fact]
    public async Task IdlenessBeginsWhenTheLastRequestEnds()
    {
        var held = await _fixture.AcquireAsync("held");
        _fixture.Clock.Advance(TimeSpan.FromHours(2));
        held.Dispose();
        _fixture.Clock.Advance(TimeSpan.FromMinutes(29));
        Assert.Equal(["held"], Ids);

        _fixture.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Empty(Ids);
    }

    [Fact]
    public async Task AReloadDoesNotKeepAnIdleTenantAlive()
    {
        var tenant = await _fixture.LoadAsync("idle");
        _fixture.Clock.Advance(TimeSpan.FromMinutes(20));
        Assert.Equal(ReloadOutcome.Loaded, (await _fixture.Registry.ReloadAsync(tenant, ReloadReason.Manual, TenantFixture.Cancel)).Outcome);

        _fixture.Clock.Advance(TimeSpan.FromMinutes(11));

        Assert.Empty(Ids);
    }
}
