extern alias Hosting;

using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using Hosting::SnakeHost.Hosting;

namespace SnakeHost.Tests.Hosting;

public sealed class AppFoldersTests
{
    [Fact]
    public async Task AFolderAppears_WithItsFirstPythonFile_AndGoesWithIt()
    {
        using var root = new TemporaryFolder();
        using var end = new CancellationTokenSource();
        var time = new FakeTimeProvider();
        var seen = Channel.CreateUnbounded<string>();
        Create(root, "old");
        var folders = new AppFolders(root.Path, ["old"], async (added, removed) => await seen.Writer.WriteAsync($"+{string.Join(',', added)} -{string.Join(',', removed)}"), time);
        var running = folders.RunAsync(end.Token);

        Directory.CreateDirectory(Path.Join(root.Path, "empty"));
        Create(root, "new");
        Assert.Equal("+new -", await NextAsync());

        Directory.Delete(Path.Join(root.Path, "old"), recursive: true);
        Create(root, "empty");
        Assert.Equal("+empty -old", await NextAsync());

        await end.CancelAsync();
        await running;

        async Task<string> NextAsync()
        {
            var next = seen.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask();
            while (!next.IsCompleted)
            {
                time.Advance(TimeSpan.FromSeconds(1));
                await Task.WhenAny(next, Task.Delay(5, TestContext.Current.CancellationToken));
            }

            var parts = (await next).Split(' ');
            return $"{Sorted(parts[0])} {Sorted(parts[1])}";
        }
    }

    [Fact]
    public void TheAppsOfAFolder_AreItsFoldersWithAPythonFile_InOrder_AndNoneThatBeginsWithADot()
    {
        using var root = new TemporaryFolder();
        foreach (var file in new[] { "beta/main.py", "alpha/app.py", "empty/readme.txt", ".hidden/main.py", "deeper/inside/main.py", "main.py" })
            root.File(file);

        Assert.Equal(["alpha", "beta"], AppFolders.List(root.Path));
    }

    private static string Sorted(string names) => names[0] + string.Join(',', names[1..].Split(',').Order(StringComparer.Ordinal));

    private static void Create(TemporaryFolder root, string name)
    {
        // In one step: the folder is never seen without its file.
        var staging = Directory.CreateTempSubdirectory("snakehost-staging-");
        File.WriteAllText(Path.Join(staging.FullName, "main.py"), "");
        var target = Path.Join(root.Path, name);
        if (Directory.Exists(target))
            Directory.Delete(target);
        staging.MoveTo(target);
    }
}
