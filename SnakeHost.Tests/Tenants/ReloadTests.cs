using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Tests.Tenants;

public sealed class ReloadTests : IAsyncDisposable
{
    private readonly TenantFixture _fixture = new();

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    private async Task<(Tenant Tenant, FakeApplication Application)> LoadAsync()
    {
        var request = _fixture.AcquireAsync();
        var application = (await _fixture.Loader.NextAsync()).Succeed();
        using var lease = await request;
        return (lease.Tenant, application);
    }

    private Task<ReloadResult> ReloadAsync(Tenant tenant, params string[] files) =>
        _fixture.Registry.ReloadAsync(tenant, files.Length == 0 ? ReloadReason.Manual : ReloadReason.Files(files), TenantFixture.Cancel);

    [Fact]
    public async Task TheOldGenerationAnswersUntilTheNewOneIsLoaded()
    {
        var (tenant, old) = await LoadAsync();
        var reload = ReloadAsync(tenant);
        var load = await _fixture.Loader.NextAsync();
        Assert.Equal(TenantState.Reloading, tenant.State);
        using (var during = await _fixture.AcquireAsync())
            Assert.Same(old, during.Application);

        var renewed = load.Succeed();
        var result = await reload;

        Assert.Equal((ReloadOutcome.Loaded, 2), (result.Outcome, result.Generation));
        using var after = await _fixture.AcquireAsync();
        Assert.Same(renewed, after.Application);
        await old.Disposed;
        Assert.Equal((TenantState.Ready, 1L), (tenant.State, tenant.ToSnapshot().Reloads));
    }

    [Fact]
    public async Task ALoadThatWaitsForAnEditor_IsGivenUp_WhenTheDebuggerEnds_AndWhoWaitedForItGetsTheNextOne()
    {
        var (tenant, old) = await LoadAsync();
        _fixture.Loader.Debugs = true;
        var debugged = ReloadAsync(tenant);
        var waiting = await _fixture.Loader.NextAsync();
        waiting.StopWhenCancelled();

        _fixture.Loader.Debugs = false;
        var reload = _fixture.Registry.ReloadWithoutDebuggerAsync(tenant.Id, TenantFixture.Cancel);
        var load = await _fixture.Loader.NextAsync();
        Assert.True(waiting.Token.IsCancellationRequested);
        using (var during = await _fixture.AcquireAsync())
            Assert.Same(old, during.Application);
        // One that is not debugged goes on.
        var again = _fixture.Registry.ReloadWithoutDebuggerAsync(tenant.Id, TenantFixture.Cancel);
        Assert.False(load.Token.IsCancellationRequested);
        load.Succeed();
        (await _fixture.Loader.NextAsync()).Succeed();

        Assert.Equal([3, 3, 4], new[] { await debugged, (await reload)!, (await again)! }.Select(result => result.Generation));
        Assert.Equal((TenantState.Ready, 0L), (tenant.State, tenant.ToSnapshot().Failures));
    }

    [Fact]
    public async Task TheOldGenerationIsDisposedWhenItsLastRequestEnds()
    {
        var (tenant, old) = await LoadAsync();
        var (first, second) = (await _fixture.AcquireAsync(), await _fixture.AcquireAsync());
        var reload = ReloadAsync(tenant);
        (await _fixture.Loader.NextAsync()).Succeed();
        await reload;

        Assert.Equal(GenerationState.Draining, first.Generation.State);
        first.Dispose();
        Assert.Equal(0, old.Disposals);
        Assert.Equal(1, tenant.ToSnapshot().InFlight);
        using var events = _fixture.Registry.Events.Subscribe();
        second.Dispose();

        await TenantFixture.ExpectAsync(events, TenantEventKind.Disposed);
        Assert.Equal((1, GenerationState.Disposed), (old.Disposals, second.Generation.State));
        Assert.Equal(3, tenant.ToSnapshot().Requests);
    }

    [Fact]
    public async Task ARequestThatNeverEndsHoldsTheOldGenerationForTheGracePeriodOnly()
    {
        var (tenant, old) = await LoadAsync();
        var stuck = await _fixture.AcquireAsync();
        var reload = ReloadAsync(tenant);
        (await _fixture.Loader.NextAsync()).Succeed();
        await reload;

        await _fixture.Clock.PassAsync(_fixture.Reload.Grace);

        await old.Disposed;
        stuck.Dispose();
        Assert.Equal(1, old.Disposals);
    }

    [Fact]
    public async Task ARequestThatADebuggerHolds_KeepsTheOldGeneration_UntilItHoldsNoMore()
    {
        var (tenant, old) = await LoadAsync();
        old.IsHeld = true;
        var held = await _fixture.AcquireAsync();
        var reload = ReloadAsync(tenant);
        (await _fixture.Loader.NextAsync()).Succeed();
        await reload;

        await _fixture.Clock.PassAsync(_fixture.Reload.Grace);
        await _fixture.Clock.PassAsync(_fixture.Reload.Grace);
        Assert.Equal(0, old.Disposals);
        held.Dispose();

        await old.Disposed;
    }

    [Fact]
    public async Task ATenantThatIsToGo_IsNotKeptByADebugger()
    {
        var (tenant, old) = await LoadAsync();
        old.IsHeld = true;
        using var held = await _fixture.AcquireAsync();
        Assert.True(await _fixture.Registry.EvictAsync(tenant));

        await _fixture.Clock.PassAsync(_fixture.Reload.Grace);

        await old.Disposed;
    }

    [Fact]
    public async Task WhenTheReloadFails_RequestsGetTheFailure_AndTheOldGenerationLeaves()
    {
        var (tenant, old) = await LoadAsync();
        var reload = ReloadAsync(tenant, "main.py");
        (await _fixture.Loader.NextAsync()).Fail(TenantFixture.Broken("boom"));

        var result = await reload;

        Assert.Equal((ReloadOutcome.Failed, "boom", "main.py"), (result.Outcome, result.Error!.Message, result.Error.File));
        await old.Disposed;
        var failure = await Assert.ThrowsAsync<TenantLoadException>(() => _fixture.AcquireAsync());
        Assert.Equal("boom", failure.Error!.Message);
        Assert.Equal(TenantState.Failed, tenant.State);
    }

    [Fact]
    public async Task AReloadAfterAFailedOneMakesTheTenantAnswerAgain_WithinTheFailureCache()
    {
        var (tenant, _) = await LoadAsync();
        var broken = ReloadAsync(tenant);
        (await _fixture.Loader.NextAsync()).Fail(TenantFixture.Broken());
        await broken;

        var mended = ReloadAsync(tenant);
        var load = await _fixture.Loader.NextAsync();
        var waiting = _fixture.AcquireAsync();
        load.Succeed();

        Assert.Equal(ReloadOutcome.Loaded, (await mended).Outcome);
        Assert.Equal(3, (await waiting).Generation.Number);
    }

    [Fact]
    public async Task ReloadsAskedForWhileOneRunsAreAnsweredByOneThatStartsAfterwards()
    {
        var (tenant, _) = await LoadAsync();
        var running = ReloadAsync(tenant, "a.py");
        var first = await _fixture.Loader.NextAsync();
        using var events = _fixture.Registry.Events.Subscribe();
        var later = new[] { ReloadAsync(tenant, "b.py"), ReloadAsync(tenant, "c.py", "b.py"), ReloadAsync(tenant) };

        first.Succeed();
        Assert.Equal(2, (await running).Generation);
        var reloading = await TenantFixture.ExpectAsync(events, TenantEventKind.Reloading);
        Assert.Equal(["b.py", "c.py"], reloading.ChangedFiles);
        (await _fixture.Loader.NextAsync()).Succeed();

        Assert.All(await Task.WhenAll(later), result => Assert.Equal(3, result.Generation));
        Assert.Equal(3, _fixture.Loader.Started);
        Assert.False(_fixture.Loader.LoadedAKeyTwiceAtOnce);
    }

    [Fact]
    public async Task AReloadIsNeverRefusedForTooManyLoads_ItWaitsForItsTurn()
    {
        _fixture.Options.MaxConcurrentLoads = 1;
        var (tenant, _) = await LoadAsync();
        var other = _fixture.AcquireAsync("other");
        var occupying = await _fixture.Loader.NextAsync();
        var reload = ReloadAsync(tenant);
        Assert.Equal(2, _fixture.Loader.Started);

        occupying.Succeed();
        (await _fixture.Loader.NextAsync()).Succeed();

        Assert.Equal(ReloadOutcome.Loaded, (await reload).Outcome);
        await other;
    }

    [Fact]
    public async Task AnUnknownTenantIsNotReloadedOrEvicted()
    {
        Assert.Null(await _fixture.Registry.ReloadAsync("nobody", ReloadReason.Manual, TenantFixture.Cancel));
        Assert.False(await _fixture.Registry.EvictAsync("nobody"));
    }

    [Fact]
    public async Task AnEvictedTenantDrains_AndTheNextRequestMakesANewOne()
    {
        var (tenant, old) = await LoadAsync();
        var held = await _fixture.AcquireAsync();

        Assert.True(await _fixture.Registry.EvictAsync("shop"));

        Assert.Null(_fixture.Registry.Find("shop"));
        Assert.Equal(0, old.Disposals);
        Assert.Equal(ReloadOutcome.Evicted, (await ReloadAsync(tenant)).Outcome);
        var request = _fixture.AcquireAsync();
        (await _fixture.Loader.NextAsync()).Succeed();
        using var lease = await request;
        Assert.NotSame(tenant, lease.Tenant);
        Assert.Equal(tenant.Id, lease.Tenant.Id);
        held.Dispose();
        await old.Disposed;
    }

    [Fact]
    public async Task EvictingATenantThatLoadsCancelsTheLoad_AndWhoWaitsLoadsItAnew()
    {
        var waiting = _fixture.AcquireAsync();
        var load = await _fixture.Loader.NextAsync();
        load.StopWhenCancelled();
        var tenant = _fixture.Registry.Find("shop")!;

        Assert.True(await _fixture.Registry.EvictAsync(tenant));

        Assert.Equal(TenantState.Evicted, tenant.State);
        (await _fixture.Loader.NextAsync()).Succeed();
        using var lease = await waiting;
        Assert.NotSame(tenant, lease.Tenant);
        Assert.False(_fixture.Loader.LoadedAKeyTwiceAtOnce);
    }

    [Fact]
    public async Task EvictingATenantWhoseLoadIgnoresCancellationGivesItUpAfterTheGracePeriod()
    {
        using var gone = new CancellationTokenSource();
        var waiting = _fixture.Registry.AcquireAsync(TenantFixture.Specification(), gone.Token).AsTask();
        var load = await _fixture.Loader.NextAsync();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        var evict = _fixture.Registry.EvictAsync("shop");
        await _fixture.Clock.PassAsync(_fixture.Reload.Grace);

        Assert.True(await evict);
        await load.Succeed().Disposed;
    }
}
