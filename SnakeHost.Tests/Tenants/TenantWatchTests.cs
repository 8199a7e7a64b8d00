using Microsoft.Extensions.Logging.Abstractions;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Tenants;
using SnakeHost.Gateway.Watching;
using SnakeHost.Tests.Watching;

namespace SnakeHost.Tests.Tenants;

/// <summary>From a change to the generation that answers, by a clock that the test moves.</summary>
public sealed class TenantWatchTests : IAsyncDisposable
{
    private static readonly TimeSpan s_debounce = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_quiet = TimeSpan.FromMilliseconds(50);

    private readonly TenantFixture _tenants = new();
    private readonly FakeWatcher _watcher = new();
    private ReloadManager? _freshness;

    private FakeWatcher.FakeTree Tree => Assert.Single(_watcher.Trees);

    [Fact]
    public async Task WhenAFileChanges_TheReloadComesByItselfAfterTheQuietWindow()
    {
        var tenant = await LoadAsync();
        Tree.Change("main.py");
        Assert.True(tenant.IsStale);

        await _tenants.Clock.PassAsync(s_debounce);
        (await _tenants.Loader.NextAsync()).Succeed();

        Assert.Equal(2, await GenerationAsync());
        Assert.False(tenant.IsStale);
    }

    [Fact]
    public async Task WhenARequestWaits_AShortQuietIsEnough()
    {
        await LoadAsync();
        Tree.Change("main.py");

        var request = AcquireAsync();
        await _tenants.Clock.PassAsync(s_quiet);
        (await _tenants.Loader.NextAsync()).Succeed();

        Assert.Equal(2, await NumberAsync(request));
    }

    [Fact]
    public async Task WhenOnDemandIsOff_ARequestWaitsTheWholeWindowAndIsNotStale()
    {
        _tenants.Reload.OnDemand = false;
        await LoadAsync();
        Tree.Change("main.py");

        var request = AcquireAsync();
        await _tenants.Clock.PassAsync(s_debounce);
        (await _tenants.Loader.NextAsync()).Succeed();

        Assert.Equal(2, await NumberAsync(request));
    }

    [Fact]
    public async Task WhenAFileIsStillBeingWritten_ARequestWaitsForItsEnd()
    {
        await LoadAsync();
        Tree.Write("main.py");
        var request = AcquireAsync();

        // Not the short silence: the next timer is the whole window's.
        await _tenants.Clock.PassAsync(s_debounce);
        (await _tenants.Loader.NextAsync()).Succeed();

        Assert.Equal(2, await NumberAsync(request));
    }

    [Fact]
    public async Task AThousandChanges_AreOneReload()
    {
        await LoadAsync();
        for (var i = 0; i < 1000; i++)
            Tree.Change($"module{i}.py");

        await _tenants.Clock.PassAsync(s_debounce);
        (await _tenants.Loader.NextAsync()).Succeed();

        Assert.Equal(2, await GenerationAsync());
        Assert.Equal(2, _tenants.Loader.Started);
    }

    [Fact]
    public async Task WhenAFileChangesDuringAReload_AnotherOneFollowsAndLaterRequestsWaitForIt()
    {
        await LoadAsync();
        Tree.Change("main.py");
        await _tenants.Clock.PassAsync(s_debounce);
        var second = await _tenants.Loader.NextAsync();
        Tree.Change("util.py");
        var late = AcquireAsync();

        second.Succeed();
        await _tenants.Clock.PassAsync(s_quiet);
        (await _tenants.Loader.NextAsync()).Succeed();

        Assert.Equal(3, await NumberAsync(late));
    }

    [Fact]
    public async Task WhenAFileChangesWhileItIsFirstImported_TheNextRequestGetsASecondGeneration()
    {
        Start();
        var first = AcquireAsync();
        var load = await _tenants.Loader.NextAsync();
        Tree.Change("main.py");
        load.Succeed();
        Assert.Equal(1, await NumberAsync(first));

        var next = AcquireAsync();
        await _tenants.Clock.PassAsync(s_quiet);
        (await _tenants.Loader.NextAsync()).Succeed();

        Assert.Equal(2, await NumberAsync(next));
    }

    [Fact]
    public async Task WhenAReloadFails_RequestsGetTheFailureUntilTheNextChange()
    {
        await LoadAsync();
        Tree.Change("main.py");
        var request = AcquireAsync();
        await _tenants.Clock.PassAsync(s_quiet);
        (await _tenants.Loader.NextAsync()).Fail(TenantFixture.Broken());
        await Assert.ThrowsAsync<TenantLoadException>(() => request);
        await Assert.ThrowsAsync<TenantLoadException>(AcquireAsync);
        Assert.Equal(2, _tenants.Loader.Started);

        Tree.Change("main.py");
        var repaired = AcquireAsync();
        await _tenants.Clock.PassAsync(s_quiet);
        (await _tenants.Loader.NextAsync()).Succeed();

        Assert.Equal(3, await NumberAsync(repaired));
    }

    [Fact]
    public async Task WhenTheFirstLoadFailed_AChangeMakesTheNextRequestTryAgain()
    {
        Start();
        var request = AcquireAsync();
        (await _tenants.Loader.NextAsync()).Fail(TenantFixture.Broken());
        await Assert.ThrowsAsync<TenantLoadException>(() => request);

        Tree.Change("main.py");
        var repaired = AcquireAsync();
        await _tenants.Clock.PassAsync(s_quiet);
        (await _tenants.Loader.NextAsync()).Succeed();

        Assert.Equal(2, await NumberAsync(repaired));
    }

    [Fact]
    public async Task WhenTheDirectoryIsDeleted_RequestsLearnItAtOnceAndTheTenantIsEvicted()
    {
        var tenant = await LoadAsync();
        var changed = new List<string>();
        _freshness!.DirectoryChanged += changed.Add;
        using var events = _tenants.Registry.Events.Subscribe();

        Tree.Delete();
        Assert.Contains(tenant.Specification.WorkingDirectory, changed);
        Assert.Same(ErrorKind.NotFound, (await Assert.ThrowsAsync<TenantException>(AcquireAsync)).Kind);

        await _tenants.Clock.PassAsync(s_debounce);
        Assert.Equal(EvictReason.DirectoryDeleted, (await TenantFixture.ExpectAsync(events, TenantEventKind.Evicted)).Reason);
        Assert.True(Tree.IsDisposed);
    }

    [Fact]
    public async Task AReload_NamesTheFilesThatCausedIt()
    {
        await LoadAsync();
        using var events = _tenants.Registry.Events.Subscribe();
        Tree.Change("main.py");
        Tree.Change("util.py", "main.py");

        await _tenants.Clock.PassAsync(s_debounce);
        (await _tenants.Loader.NextAsync()).Succeed();

        Assert.Equal(["main.py", "util.py"], (await TenantFixture.ExpectAsync(events, TenantEventKind.Reloading)).ChangedFiles);
    }

    [Fact]
    public async Task BeforeEachLoad_TheTreeIsLookedAt()
    {
        await LoadAsync();
        Assert.Equal(0, Tree.Renewals);
        Tree.Change("main.py");
        await _tenants.Clock.PassAsync(s_debounce);
        var load = await _tenants.Loader.NextAsync();

        Assert.Equal(1, Tree.Renewals);
        load.Succeed();
    }

    [Fact]
    public async Task WhenARequestGoesAway_TheReloadGoesOn()
    {
        await LoadAsync();
        Tree.Change("main.py");
        using var cancel = new CancellationTokenSource();
        var request = _tenants.Registry.AcquireAsync(TenantFixture.Specification(autoreload: true), cancel.Token).AsTask();
        await _tenants.Clock.PassAsync(s_quiet);
        var load = await _tenants.Loader.NextAsync();

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        load.Succeed();

        Assert.Equal(2, await GenerationAsync());
    }

    [Fact]
    public async Task WhenEachLoadChangesTheSameFile_ItStopsCounting()
    {
        var tenant = await LoadAsync();
        Tree.Change("main.py");
        await _tenants.Clock.PassAsync(s_debounce);
        for (var i = 0; i < WrittenByApp.Loads; i++)
        {
            var load = await _tenants.Loader.NextAsync();
            Tree.Change("stamp.py");
            load.Succeed();
            await _tenants.Clock.PassAsync(s_debounce);
        }

        var last = await _tenants.Loader.NextAsync();
        Tree.Change("stamp.py");
        last.Succeed();

        Assert.Equal(WrittenByApp.Loads + 2, await GenerationAsync());
        Assert.False(tenant.IsStale);
    }

    public async ValueTask DisposeAsync()
    {
        await _tenants.DisposeAsync();
        _freshness?.Dispose();
    }

    private void Start()
    {
        _freshness = new ReloadManager(_tenants.Registry, _tenants.Reload, root: "", _tenants.Clock, NullLogger.Instance, _watcher);
        _tenants.Registry.Freshness = _freshness;
    }

    private async Task<Tenant> LoadAsync()
    {
        Start();
        var request = AcquireAsync();
        (await _tenants.Loader.NextAsync()).Succeed();
        using var lease = await request;
        return lease.Tenant;
    }

    private Task<Lease> AcquireAsync() =>
        _tenants.Registry.AcquireAsync(TenantFixture.Specification(autoreload: true), TenantFixture.Cancel).AsTask();

    private Task<int> GenerationAsync() => NumberAsync(AcquireAsync());

    private static async Task<int> NumberAsync(Task<Lease> request)
    {
        using var lease = await request.WaitAsync(TimeSpan.FromSeconds(30));
        return lease.Generation.Number;
    }
}
