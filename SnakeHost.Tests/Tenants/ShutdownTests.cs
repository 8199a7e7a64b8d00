using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Tests.Tenants;

public sealed class ShutdownTests : IAsyncDisposable
{
    private readonly TenantFixture _fixture = TenantFixture.Immediate();

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task ItWaitsForRequestsInFlight_DisposesAll_AndTakesNoMore()
    {
        var held = await _fixture.AcquireAsync("a");
        await _fixture.LoadAsync("b");
        var (a, b) = (_fixture.Loader.Applications.First(), _fixture.Loader.Applications.Last());

        var stopping = _fixture.Registry.DisposeAsync().AsTask();
        await b.Disposed;
        Assert.Same(ErrorKind.ShuttingDown, (await Assert.ThrowsAsync<TenantException>(() => _fixture.AcquireAsync("a"))).Kind);
        Assert.Same(ErrorKind.ShuttingDown, (await Assert.ThrowsAsync<TenantException>(() => _fixture.AcquireAsync("c"))).Kind);
        Assert.Equal((false, 0), (stopping.IsCompleted, a.Disposals));
        held.Dispose();

        await stopping;
        Assert.Equal((1, 1), (a.Disposals, b.Disposals));
        await _fixture.Registry.DisposeAsync();
        Assert.Empty(_fixture.Registry.Tenants);
    }

    [Fact]
    public async Task ARequestThatDoesNotEndHoldsItForTheGracePeriodOnly()
    {
        var held = await _fixture.AcquireAsync();
        var application = (FakeApplication)held.Application;
        var stopping = _fixture.Registry.DisposeAsync().AsTask();

        await _fixture.Clock.PassAsync(_fixture.Reload.Grace);

        await stopping;
        Assert.Equal(1, application.Disposals);
    }

    [Fact]
    public async Task WhatTheServerHasWaitedBefore_IsPartOfTheGrace()
    {
        var held = await _fixture.AcquireAsync();
        var application = (FakeApplication)held.Application;

        await _fixture.Registry.StopAsync(TimeSpan.Zero);

        Assert.Equal((1, TimeSpan.Zero), (application.Disposals, application.Grace));
    }

    [Fact]
    public async Task LoadsInProgressAreCancelled_AndWhoWaitsIsTold()
    {
        _fixture.Loader.Behaviour = null;
        var waiting = _fixture.AcquireAsync();
        (await _fixture.Loader.NextAsync()).StopWhenCancelled();

        await _fixture.Registry.DisposeAsync();

        Assert.Same(ErrorKind.ShuttingDown, (await Assert.ThrowsAsync<TenantException>(() => waiting)).Kind);
    }

    [Fact]
    public async Task AnApplicationThatDoesNotEndIsLeftBehind()
    {
        var tenant = await _fixture.LoadAsync();
        var forever = new TaskCompletionSource();
        ((FakeApplication)tenant.Current!.Application).DisposalGate = forever.Task;

        var stopping = _fixture.Registry.DisposeAsync().AsTask();
        await _fixture.Clock.PassAsync(_fixture.Reload.Grace + TimeSpan.FromSeconds(15));

        await stopping;
        forever.SetResult();
    }

    [Fact]
    public async Task ApplicationsAreDisposedInParallel()
    {
        await _fixture.LoadAsync("a");
        await _fixture.LoadAsync("b");
        var both = Task.WhenAll(_fixture.Loader.Applications.Select(application => application.Disposed));
        foreach (var application in _fixture.Loader.Applications)
            application.DisposalGate = both;

        await _fixture.Registry.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30), TenantFixture.Cancel);

        Assert.All(_fixture.Loader.Applications, application => Assert.Equal(1, application.Disposals));
    }
}
