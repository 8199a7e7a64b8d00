using SnakeHost.Gateway.Tenants;
using SnakeHost.Gateway.Watching;
using SnakeHost.Tests.Harness;
using SnakeHost.Tests.Watching;

namespace SnakeHost.Tests.Tenants;

/// <summary>Never silently dead: what notifications can no longer watch is followed by time stamps.</summary>
public sealed class HandOverTests
{
    public static bool IsLinux => OperatingSystem.IsLinux();

    [Fact(Skip = "inotify is Linux's", SkipUnless = nameof(IsLinux))]
    public async Task WhenTheWatchLimitIsReached_TheTenantIsStillFollowed_AndItIsSaidOnce()
    {
        using var files = new WatchFixture("inotify", mostWatches: 3);
        var logger = new RecordingLogger();
        await using var tenants = new TenantFixture { Loader = FakeLoader.Immediate(), Time = TimeProvider.System };
        using var freshness = new ReloadManager(tenants.Registry, tenants.Reload, root: "", TimeProvider.System, logger, files.Watcher);
        tenants.Registry.Freshness = freshness;
        files.Write("main.py");
        Assert.Equal(1, await GenerationAsync());
        Assert.Empty(logger.Messages);

        for (var i = 0; i < 5; i++)
            files.Write($"package{i}/module.py");
        var after = await GenerationAsync();
        Assert.NotEqual(1, after);
        files.Write("package4/module.py");
        Assert.True(await GenerationAsync() > after);
        files.Write("main.py");
        Assert.True(await GenerationAsync() > after + 1);

        Assert.Contains("max_user_watches", Assert.Single(logger.Messages, message => message.Contains("time stamps", StringComparison.Ordinal)), StringComparison.Ordinal);

        async Task<int> GenerationAsync()
        {
            using var lease = await tenants.Registry.AcquireAsync(
                new TenantSpecification { App = "auto", WorkingDirectory = files.App, Autoreload = true }, TenantFixture.Cancel);
            return lease.Generation.Number;
        }
    }
}
