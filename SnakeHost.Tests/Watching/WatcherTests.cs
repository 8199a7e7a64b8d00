using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Watching;

/// <summary>What every watcher sees, asked right after it was done: nothing here waits.</summary>
public sealed class WatcherTests
{
    public static TheoryData<string> Kinds => WatchFixture.Kinds;

    [Theory, MemberData(nameof(Kinds))]
    public void AnEditedFile_IsTold(string kind)
    {
        using var watch = new WatchFixture(kind);
        watch.Write("main.py");
        watch.Write("package/deep/module.py");
        watch.Watch();
        Assert.Empty(watch.Changes());

        watch.Write("main.py");
        Assert.Equal(["main.py"], watch.Changes());
        watch.Write("package/deep/module.py");
        Assert.Equal(["package/deep/module.py"], watch.Changes());
        Assert.Empty(watch.Changes());
    }

    [Theory, MemberData(nameof(Kinds))]
    public void AnAtomicSave_IsToldAsTheFileItReplaces(string kind)
    {
        using var watch = new WatchFixture(kind);
        watch.Write("main.py");
        watch.Watch();

        File.Move(watch.Write(".main.py.tmp123"), Path.Combine(watch.App, "main.py"), overwrite: true);

        Assert.Equal(["main.py"], watch.Changes());
    }

    [Theory, MemberData(nameof(Kinds))]
    public void AnEditorsBackupDance_IsTold(string kind)
    {
        using var watch = new WatchFixture(kind);
        var main = watch.Write("main.py");
        watch.Watch();

        watch.Write("4913");
        File.Delete(Path.Combine(watch.App, "4913"));
        File.Move(main, main + "~");
        watch.Write("main.py");
        File.Delete(main + "~");

        Assert.Equal(["main.py"], watch.Changes());
    }

    [Theory, MemberData(nameof(Kinds))]
    public void ANewAndADeletedFile_AreTold(string kind)
    {
        using var watch = new WatchFixture(kind);
        var old = watch.Write("old.py");
        watch.Watch();

        watch.Write("new.py");
        File.Delete(old);

        Assert.Equal(["new.py", "old.py"], watch.Changes());
    }

    [Theory, MemberData(nameof(Kinds))]
    public void ANewPackage_IsToldAndWatched(string kind)
    {
        using var watch = new WatchFixture(kind);
        watch.Watch();

        watch.Write("package/__init__.py");
        watch.Write("package/inner/module.py");
        Assert.Equal(["package/__init__.py", "package/inner/module.py"], watch.Changes());

        watch.Write("package/inner/module.py");
        Assert.Equal(["package/inner/module.py"], watch.Changes());
    }

    [Theory, MemberData(nameof(Kinds))]
    public void AFolderThatIsMovedIn_IsToldWithWhatItHolds(string kind)
    {
        using var watch = new WatchFixture(kind);
        watch.Watch();
        watch.Write("../elsewhere/package/module.py");

        Directory.Move(Path.Combine(watch.Outside, "elsewhere", "package"), Path.Combine(watch.App, "package"));
        Assert.Equal(["package/module.py"], watch.Changes());

        watch.Write("package/module.py");
        Assert.Equal(["package/module.py"], watch.Changes());
    }

    [Theory, MemberData(nameof(Kinds))]
    public void AFolderThatIsMovedAway_IsToldAndNoLongerWatched(string kind)
    {
        using var watch = new WatchFixture(kind);
        watch.Write("package/inner/module.py");
        watch.Watch();

        Directory.Move(Path.Combine(watch.App, "package"), Path.Combine(watch.Outside, "moved"));
        Assert.Equal(["package/inner/module.py"], watch.Changes());

        watch.Write("../moved/inner/module.py");
        Assert.Empty(watch.Changes());
    }

    [Theory, MemberData(nameof(Kinds))]
    public void ADeletedFolder_IsToldWithWhatItHeld(string kind)
    {
        using var watch = new WatchFixture(kind);
        watch.Write("package/module.py");
        watch.Watch();

        Directory.Delete(Path.Combine(watch.App, "package"), recursive: true);

        Assert.Contains("package/module.py", watch.Changes());
    }

    [Theory, MemberData(nameof(Kinds))]
    public void AThousandFilesAtOnce_AreAllTold(string kind)
    {
        using var watch = new WatchFixture(kind);
        var files = Enumerable.Range(0, 1000).Select(number => $"package{number % 20}/module{number}.py").ToList();
        files.ForEach(file => watch.Write(file));
        watch.Watch();

        files.ForEach(file => watch.Write(file));

        Assert.Equal(files.Order(StringComparer.Ordinal), watch.Changes());
    }

    [Theory, MemberData(nameof(Kinds))]
    public void FoldersThatHoldNoSource_AreNotLookedInto(string kind)
    {
        using var watch = new WatchFixture(kind);
        string[] folders = [".git", "__pycache__", ".venv", "venv", "node_modules", ".cache", "package/__pycache__"];
        foreach (var folder in folders)
            watch.Write($"{folder}/module.py");
        watch.Watch();

        foreach (var folder in folders)
        {
            watch.Write($"{folder}/module.py");
            watch.Write($"{folder}/new/module.py");
        }

        watch.Write(".#main.py");
        Assert.Empty(watch.Changes());
    }

    [Theory, MemberData(nameof(Kinds))]
    public void WhatIncludeNames_CountsAndWhatExcludeNamesDoesNot(string kind)
    {
        using var watch = new WatchFixture(kind);
        watch.Options.Include = ["*.py", "templates/**/*.html"];
        watch.Options.Exclude = ["generated_*.py", "uploads", "data/raw"];
        watch.Watch();

        foreach (var file in (string[])["a.py", "generated_a.py", "uploads/b.py", "data/raw/c.py", "data/d.py", "templates/e.html", "templates/deep/f.html", "g.html", "notes.txt"])
            watch.Write(file);

        Assert.Equal(["a.py", "data/d.py", "templates/deep/f.html", "templates/e.html"], watch.Changes());
    }

    [Theory, MemberData(nameof(Kinds))]
    public void AnEnvFile_IsToldWhenItAppearsChangesAndGoes(string kind)
    {
        using var watch = new WatchFixture(kind);
        var inside = Path.Combine(watch.App, ".env");
        var outside = Path.Combine(watch.Outside, "config", "shared.env");
        watch.Files.AddRange([inside, outside]);
        watch.Watch();

        watch.Write(".env");
        Assert.Equal([".env"], watch.Changes());
        watch.Write(".env");
        Assert.Equal([".env"], watch.Changes());
        File.Delete(inside);
        Assert.Equal([".env"], watch.Changes());

        // Its folder did not exist when watching began.
        watch.Write("../config/shared.env");
        Assert.Equal([outside], watch.Changes());
        watch.Write("../config/shared.env");
        Assert.Equal([outside], watch.Changes());
        watch.Write("../config/other.env");
        Assert.Empty(watch.Changes());
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task ARePointedLinkToTheWorkingDirectory_IsFollowed(string kind)
    {
        using var watch = new WatchFixture(kind);
        watch.Write("../releases/1/main.py");
        watch.Write("../releases/2/main.py");
        var link = Path.Combine(watch.Outside, "current");
        Directory.CreateSymbolicLink(link, Path.Combine("releases", "1"));
        watch.WorkingDirectory = link;
        watch.Watch();

        watch.Write("../releases/1/main.py");
        Assert.Equal(["main.py"], watch.Changes());

        await SymbolicLink.PointAsync(link, Path.Combine("releases", "2"));
        Assert.Contains(link, watch.Changes());

        watch.Write("../releases/2/main.py");
        Assert.Equal(["main.py"], watch.Changes());
        watch.Write("../releases/1/main.py");
        Assert.Empty(watch.Changes());
        Assert.Equal(0, watch.Sink.MissingCount);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void AWorkingDirectoryThatIsDeletedAndCreatedAgain_IsMissedAndFollowed(string kind)
    {
        using var watch = new WatchFixture(kind);
        watch.Write("main.py");
        watch.Watch();

        Directory.Delete(watch.App, recursive: true);
        watch.Changes();
        Assert.NotEqual(0, watch.Sink.MissingCount);

        watch.Write("main.py");
        Assert.NotEmpty(watch.Changes());
        watch.Write("main.py");
        Assert.Equal(["main.py"], watch.Changes());
    }

    [Theory, MemberData(nameof(Kinds))]
    public void AWorkingDirectoryThatIsReplacedBetweenTwoLooks_IsFollowed(string kind)
    {
        using var watch = new WatchFixture(kind);
        watch.Write("main.py");
        watch.Watch();

        Directory.Delete(watch.App, recursive: true);
        watch.Write("main.py");
        Assert.NotEmpty(watch.Changes());

        watch.Write("main.py");
        Assert.Equal(["main.py"], watch.Changes());
    }

    [Theory, MemberData(nameof(Kinds))]
    public void AFileElsewhereThatWasLoaded_IsToldOnceItIsAdded(string kind)
    {
        using var watch = new WatchFixture(kind);
        var shared = watch.Write("../lib/shared.py");
        File.CreateSymbolicLink(Path.Combine(watch.App, "linked.py"), watch.Write("../lib/target.py"));
        watch.Watch();
        watch.Write("../lib/shared.py");
        Assert.Empty(watch.Changes());

        watch.Target.AddFiles([shared, Path.Combine(watch.App, "linked.py")]);
        watch.Tree.Renew();
        watch.Changes();

        watch.Write("../lib/shared.py");
        Assert.Equal([shared], watch.Changes());
        watch.Write("../lib/target.py");
        Assert.NotEmpty(watch.Changes());
        watch.Write("../lib/unrelated.py");
        Assert.Empty(watch.Changes());
    }

    [Theory, MemberData(nameof(Kinds))]
    public void AnInstalledPackage_IsToldByItsMetadata(string kind)
    {
        using var watch = new WatchFixture(kind);
        var packages = Path.Combine(watch.App, ".venv", "lib", "python3.11", "site-packages");
        Directory.CreateDirectory(packages);
        watch.Venv = Path.Combine(watch.App, ".venv");
        watch.Watch();

        Directory.CreateDirectory(Path.Combine(packages, "flask"));
        Assert.Empty(watch.Changes());
        Directory.CreateDirectory(Path.Combine(packages, "flask-3.0.dist-info"));
        Assert.Equal([".venv/lib/python3.11/site-packages/flask-3.0.dist-info"], watch.Changes());

        // Its metadata may be there before the rest is; RECORD is what installers write last.
        File.WriteAllText(Path.Combine(packages, "flask-3.0.dist-info", "RECORD"), "flask/__init__.py,,\n");
        Assert.Equal([".venv/lib/python3.11/site-packages/flask-3.0.dist-info"], watch.Changes());
        foreach (var name in (ReadOnlySpan<string>)["editable.pth", "kit.start", "single.py"])
        {
            File.WriteAllText(Path.Combine(packages, name), "# new");
            Assert.Equal([$".venv/lib/python3.11/site-packages/{name}"], watch.Changes());
        }
    }
}
