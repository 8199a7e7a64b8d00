using SnakeHost.Gateway.Watching;

namespace SnakeHost.Tests.Watching;

/// <summary>What only notifications have: queues that overflow, limits, files that are still open.</summary>
public sealed class InotifyWatcherTests
{
    public static bool IsLinux => OperatingSystem.IsLinux();

    [Fact(Skip = "inotify is Linux's", SkipUnless = nameof(IsLinux))]
    public void WhenTheQueueOverflows_TheDiskIsLookedAt()
    {
        using var watch = new WatchFixture("inotify");
        using var reading = new ManualResetEventSlim();
        using var overflown = new ManualResetEventSlim();
        watch.Watch();
        watch.Sink.OnChanged = () =>
        {
            reading.Set();
            overflown.Wait(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        };

        // The watcher is held up while the kernel's queue fills: what comes last finds no room in it.
        watch.Write("first.py");
        Assert.True(reading.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        var most = int.Parse(File.ReadAllText("/proc/sys/fs/inotify/max_queued_events"), System.Globalization.CultureInfo.InvariantCulture);
        for (var i = 0; i < most; i++)
            File.WriteAllText(Path.Combine(watch.App, $"noise{i % 2}.txt"), "");
        watch.Write("lost/last.py");
        watch.Sink.OnChanged = null;
        overflown.Set();

        Assert.Contains("lost/last.py", watch.Changes());
        watch.Write("lost/last.py");
        Assert.Equal(["lost/last.py"], watch.Changes());
    }

    [Fact(Skip = "inotify is Linux's", SkipUnless = nameof(IsLinux))]
    public void WhenTheWatchLimitIsReached_ItIsSaidAtOnce()
    {
        using var watch = new WatchFixture("inotify", mostWatches: 4);
        watch.Write("a/module.py");
        watch.Watch();
        Assert.Empty(watch.Sink.LostReasons);

        for (var i = 0; i < 4; i++)
            watch.Write($"b{i}/module.py");
        watch.Changes();

        Assert.Contains("fs.inotify.max_user_watches", Assert.Single(watch.Sink.LostReasons.Distinct()), StringComparison.Ordinal);
    }

    [Fact(Skip = "inotify is Linux's", SkipUnless = nameof(IsLinux))]
    public void AFileThatIsStillOpenForWriting_IsToldAsSuch()
    {
        using var watch = new WatchFixture("inotify");
        var main = watch.Write("main.py");
        watch.Watch();

        using (var file = new FileStream(main, FileMode.Open, FileAccess.Write))
        {
            file.WriteByte((byte)'#');
            file.Flush(flushToDisk: true);
            Assert.Equal(["main.py"], watch.Changes());
            Assert.Equal(["main.py"], watch.Sink.Writing);
        }

        Assert.Equal(["main.py"], watch.Changes());
        Assert.Empty(watch.Sink.Writing);
    }

    [Fact(Skip = "inotify is Linux's", SkipUnless = nameof(IsLinux))]
    public void WhenNothingHasHappened_AskingAllocatesNothing()
    {
        using var watch = new WatchFixture("inotify");
        watch.Write("main.py");
        var tree = watch.Tree;
        for (var i = 0; i < 100; i++)
            tree.TakeIn();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
            tree.TakeIn();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact(Skip = "inotify is Linux's", SkipUnless = nameof(IsLinux))]
    public void AnIgnoredChange_IsExplainedOnce()
    {
        using var watch = new WatchFixture("inotify");
        watch.Options.Exclude = ["generated.py"];
        watch.Watch();

        watch.Write("app.log");
        watch.Write("app.log");
        watch.Write("generated.py");

        Assert.Empty(watch.Changes());
        Assert.Contains("Include", watch.Sink.IgnoredReasons["app.log"], StringComparison.Ordinal);
        Assert.Contains("Exclude", watch.Sink.IgnoredReasons["generated.py"], StringComparison.Ordinal);
    }

    [Fact(Skip = "inotify is Linux's", SkipUnless = nameof(IsLinux))]
    public void TwoTreesInOneFolder_AreBothTold_AndOneMayLeave()
    {
        using var watch = new WatchFixture("inotify");
        watch.Watch();
        var second = new RecordingSink();
        var tree = watch.Watcher.Watch(watch.Target, second);

        watch.Write("main.py");
        Assert.Equal(["main.py"], watch.Changes());
        tree.TakeIn();
        Assert.Equal(["main.py"], second.Take());

        tree.Dispose();
        watch.Write("main.py");
        Assert.Equal(["main.py"], watch.Changes());
        Assert.Empty(second.Take());
    }

    [Fact(Skip = "inotify is Linux's", SkipUnless = nameof(IsLinux))]
    public void WhenATreeIsNoLongerWatched_NoWatchIsLeft()
    {
        using var watch = new WatchFixture("inotify");
        watch.Write("package/module.py");
        watch.Watch();
        var watcher = (InotifyWatcher)watch.Watcher;
        Assert.NotEqual(0, watcher.WatchCount);

        watch.Tree.Dispose();

        Assert.Equal(0, watcher.WatchCount);
    }

    [Fact(Skip = "inotify is Linux's", SkipUnless = nameof(IsLinux))]
    public async Task WhileATreeIsLookedAt_OthersTakeInWhatIsTheirs()
    {
        using var watch = new WatchFixture("inotify");
        using var looking = new ManualResetEventSlim();
        using var others = new ManualResetEventSlim();
        watch.Watch();
        var neighbour = Directory.CreateDirectory(Path.Combine(watch.Outside, "neighbour")).FullName;
        var sink = new RecordingSink();
        using var tree = watch.Watcher.Watch(new WatchTarget(neighbour, new WatchFilter(watch.Options), [], venv: null), sink);
        // What a tree tells it tells under the lock that a look is made under.
        watch.Sink.OnChanged = () =>
        {
            looking.Set();
            Assert.True(others.Wait(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
        };
        watch.Write("main.py");
        var busy = Task.Run(watch.Tree.TakeIn, TestContext.Current.CancellationToken);
        Assert.True(looking.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));

        watch.Write("main.py");
        File.WriteAllText(Path.Combine(neighbour, "new.py"), "");
        tree.TakeIn();
        Assert.Equal(["new.py"], sink.Take());
        // Its own requests wait, but for that no thread.
        Assert.False(watch.Tree.TryTakeIn());
        var taken = watch.Tree.TakeInAsync();
        Assert.Same(taken, watch.Tree.TakeInAsync());
        Assert.False(taken.IsCompleted);

        watch.Sink.OnChanged = null;
        others.Set();
        await busy;
        await taken;
        Assert.Equal(["main.py"], watch.Sink.Take());
        Assert.True(watch.Tree.TryTakeIn());
    }

    [Fact(Skip = "inotify is Linux's", SkipUnless = nameof(IsLinux))]
    public async Task WhileOthersTakeIn_NobodyOvertakesAChange()
    {
        using var watch = new WatchFixture("inotify");
        var versions = 0;
        watch.Sink.OnChanged = () => Interlocked.Increment(ref versions);
        watch.Watch();
        using var stop = new CancellationTokenSource();
        var others = Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
                watch.Tree.TakeIn();
        })).ToArray();

        for (var i = 0; i < 500; i++)
        {
            var before = Volatile.Read(ref versions);
            File.Move(watch.Write("main.tmp"), Path.Combine(watch.App, "main.py"), overwrite: true);
            watch.Tree.TakeIn();
            Assert.True(Volatile.Read(ref versions) > before, $"Edit {i} was overtaken.");
        }

        await stop.CancelAsync();
        await Task.WhenAll(others);
    }
}
