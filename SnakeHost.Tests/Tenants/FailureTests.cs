using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Tests.Tenants;

public sealed class FailureTests : IAsyncDisposable
{
    private readonly TenantFixture _fixture = new();

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    private async Task<Tenant> FailAsync()
    {
        var request = _fixture.AcquireAsync();
        (await _fixture.Loader.NextAsync()).Fail(TenantFixture.Broken());
        await Assert.ThrowsAsync<TenantLoadException>(() => request);
        return _fixture.Registry.Find("shop")!;
    }

    [Fact]
    public async Task WhenTheImportFails_AllWhoWaitGetPythonsError_EachItsOwnException()
    {
        var requests = Enumerable.Range(0, 5).Select(_ => _fixture.AcquireAsync()).ToList();
        (await _fixture.Loader.NextAsync()).Fail(TenantFixture.Broken());

        var failures = new List<TenantLoadException>();
        foreach (var request in requests)
            failures.Add(await Assert.ThrowsAsync<TenantLoadException>(() => request));

        Assert.All(failures, failure => Assert.Equal("ModuleNotFoundError", failure.Error!.Type));
        Assert.Equal(5, failures.Distinct().Count());
        var shown = Assert.Single(_fixture.Registry.Snapshot());
        Assert.Equal(("failed", 1L, "main.py", 3), (shown.State, shown.Failures, shown.Error!.File, shown.Error.Line));
    }

    [Fact]
    public async Task AFailureAnswersForFiveSeconds_ThenTheNextRequestTriesAgain()
    {
        await FailAsync();
        _fixture.Clock.Advance(TimeSpan.FromSeconds(4.9));
        await Assert.ThrowsAsync<TenantLoadException>(() => _fixture.AcquireAsync());
        Assert.Equal(1, _fixture.Loader.Started);

        _fixture.Clock.Advance(TimeSpan.FromSeconds(0.2));
        var request = _fixture.AcquireAsync();
        (await _fixture.Loader.NextAsync()).Succeed();

        using var lease = await request;
        Assert.Equal(2, lease.Generation.Number);
        Assert.Null(Assert.Single(_fixture.Registry.Snapshot()).Error);
    }

    [Fact]
    public async Task AFailureOfAnAppThatHasChangedIsTriedAgainAtOnce()
    {
        _fixture.Registry.MarkStale(await FailAsync(), []);

        var request = _fixture.AcquireAsync();
        (await _fixture.Loader.NextAsync()).Succeed();

        using var lease = await request;
        Assert.Equal(TenantState.Ready, lease.Tenant.State);
    }

    [Fact]
    public async Task WithoutAFailureCacheEachRequestTries_AndNoneLoops()
    {
        _fixture.Options.FailureCacheDuration = TimeSpan.Zero;
        await FailAsync();
        await FailAsync();

        Assert.Equal(2, _fixture.Loader.Started);
    }

    [Fact]
    public async Task ALoaderThatThrowsAnythingElseIsAFailureToo()
    {
        _fixture.Loader.Behaviour = _ => throw new OperationCanceledException("asyncio.CancelledError");

        var failure = await Assert.ThrowsAsync<TenantLoadException>(() => _fixture.AcquireAsync());

        Assert.IsType<OperationCanceledException>(failure.InnerException);
        Assert.Null(failure.Error);
    }

    [Fact]
    public async Task WhenTheLoadTakesTooLong_RequestsGetATimeout_AndTheLateApplicationIsDisposed()
    {
        var request = _fixture.AcquireAsync();
        var load = await _fixture.Loader.NextAsync();
        await _fixture.Clock.PassAsync(_fixture.Options.LoadTimeout);

        var timeout = await Assert.ThrowsAsync<TenantLoadTimeoutException>(() => request);
        Assert.Equal(_fixture.Options.LoadTimeout, timeout.Timeout);
        await Assert.ThrowsAsync<TenantLoadTimeoutException>(() => _fixture.AcquireAsync());

        await load.Succeed().Disposed;
        Assert.Equal(1, load.Application.Disposals);
        Assert.Equal(TenantState.Failed, _fixture.Registry.Find("shop")!.State);
    }

    [Fact]
    public async Task AfterATimeoutTheLoaderIsAskedToStop_AndALaterRequestStartsAnew()
    {
        var request = _fixture.AcquireAsync();
        var hanging = await _fixture.Loader.NextAsync();
        var asked = new TaskCompletionSource();
        using var registration = hanging.Token.Register(asked.SetResult);
        await _fixture.Clock.PassAsync(_fixture.Options.LoadTimeout);
        await Assert.ThrowsAsync<TenantLoadTimeoutException>(() => request);
        await asked.Task;

        _fixture.Clock.Advance(_fixture.Options.FailureCacheDuration);
        var retry = _fixture.AcquireAsync();
        (await _fixture.Loader.NextAsync()).Succeed();

        Assert.Equal(2, (await retry).Generation.Number);
    }

    [Fact]
    public async Task ATenantThatIsDebugged_MayLoadForAsLongAsSomebodyLooksAtIt()
    {
        _fixture.Loader.Debugs = true;
        var request = _fixture.AcquireAsync();
        var load = await _fixture.Loader.NextAsync();
        _fixture.Clock.Advance(TimeSpan.FromDays(2));
        load.Succeed();

        Assert.Equal(1, (await request).Generation.Number);
    }

    [Fact]
    public async Task AnInfiniteLoadTimeoutWaits()
    {
        _fixture.Options.LoadTimeout = Timeout.InfiniteTimeSpan;
        var request = _fixture.AcquireAsync();
        var load = await _fixture.Loader.NextAsync();
        _fixture.Clock.Advance(TimeSpan.FromDays(2));
        load.Succeed();

        Assert.Equal(1, (await request).Generation.Number);
    }

    [Fact]
    public async Task ATenantWhoseLoadsHangIsNotTriedForEver_UnlessAFileChanges()
    {
        async Task<FakeLoad> HangAsync()
        {
            var request = _fixture.AcquireAsync();
            var load = await _fixture.Loader.NextAsync();
            await _fixture.Clock.PassAsync(_fixture.Options.LoadTimeout);
            await Assert.ThrowsAsync<TenantLoadTimeoutException>(() => request);
            _fixture.Clock.Advance(_fixture.Options.FailureCacheDuration);
            return load;
        }

        for (var i = 0; i < 4; i++)
            await HangAsync();

        await Assert.ThrowsAsync<TenantLoadTimeoutException>(() => _fixture.AcquireAsync());
        Assert.Equal(4, _fixture.Loader.Started);

        _fixture.Registry.MarkStale(_fixture.Registry.Find("shop")!, ["main.py"]);
        var request = _fixture.AcquireAsync();
        (await _fixture.Loader.NextAsync()).Succeed();
        Assert.Equal(5, (await request).Generation.Number);
    }
}
