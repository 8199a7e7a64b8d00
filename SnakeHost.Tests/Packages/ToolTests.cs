using SnakeHost.Gateway.Launch;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Packages;

/// <summary>The gateway as a tool, installed from a folder of packages: it runs out of NuGet's folders then, by a program that is not its own.</summary>
public sealed class ToolTests(PackagesFixture packages) : IDisposable
{
    private const long MostBytes = 40 << 20;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Installed_ItMakesAnApp_AndServesItsFolder()
    {
        await packages.PackAsync();
        Assert.InRange(new FileInfo(Path.Join(packages.Feed, $"snakehost.{PackagesFixture.Version}.nupkg")).Length, 1 << 20, MostBytes);
        var tools = Path.Join(_folder.Path, "tools");
        await PackagesFixture.RunAsync(_folder.Path, "dotnet", "tool", "install", "snakehost", "--tool-path", tools, "--configfile", packages.Configuration, "--version", PackagesFixture.Version);
        var snakehost = Path.Join(tools, "snakehost");
        // Where the Dockerfile of SnakeHost.Hosting takes it from.
        Assert.True(File.Exists(Path.Join(tools, ".store", "snakehost", PackagesFixture.Version, "snakehost", PackagesFixture.Version, "tools", "net10.0", "any", "SnakeHost.Gateway.dll")));
        var apps = _folder.Folder("somewhere");

        Assert.StartsWith(PackagesFixture.Version, await PackagesFixture.RunAsync(apps, snakehost, "--version"), StringComparison.Ordinal);
        Assert.Contains("snakehost [command] [options]", await PackagesFixture.RunAsync(apps, snakehost, "--help"), StringComparison.Ordinal);
        await PackagesFixture.RunAsync(apps, snakehost, "new", "wsgi", "hello");
        Assert.Contains("1 in " + apps, await PackagesFixture.RunAsync(apps, snakehost, "doctor", "--listen", "127.0.0.1:0", "--admin", "off", $"--SnakeHost:Python:Executable={InstalledPythons.Default}"), StringComparison.Ordinal);

        // A Python is embedded in its program or as a library; a process of an app's own and several gateways are starts of the tool from within.
        foreach (var python in InstalledPythons.Builds.DistinctBy(static python => ElfFile.Defines(python, "PyModule_AddObjectRef")))
            await ServesAsync(snakehost, apps, python);
        await ServesAsync(snakehost, apps, InstalledPythons.Default, "--isolation", "process", "--workers", "2");
    }

    private static async Task ServesAsync(string snakehost, string apps, string python, params string[] arguments)
    {
        await using var gateway = await GatewayProcess.StartAsync(new GatewaySettings { Program = [snakehost], CurrentDirectory = apps, Python = python, Arguments = arguments });
        Assert.Equal("Hello, world!\n", await gateway.Client.GetStringAsync(new Uri("http://hello.localhost/"), TestContext.Current.CancellationToken));
        await gateway.StopAsync();
    }
}
