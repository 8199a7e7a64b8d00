using SnakeHost.AppHost;
using SnakeHost.AppHost.Tenants;

namespace SnakeHost.Tests.AppHost;

/// <summary>The launcher with a shell script in the gateway's place.</summary>
public sealed class LauncherTests : IDisposable
{
    private const string Ready = "SnakeHost is listening on http://127.0.0.1:4567 (admin off)";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("snakehost-launcher-");

    public LauncherTests()
    {
        foreach (var app in new[] { "beta", "alpha" })
            File.WriteAllText(Path.Combine(_folder.CreateSubdirectory(app).FullName, "main.py"), "");
        _folder.CreateSubdirectory("empty");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task WhenTheGatewayIsReady_EachAppsAddressIsShown_AtThePortThatItListensOn()
    {
        var (_, output) = await RunAsync($"echo starting; echo '{Ready}'; echo after");
        Assert.Equal(["starting", Ready, "  http://alpha.localhost:4567/", "  http://beta.localhost:4567/", "after"], output);
    }

    [Fact]
    public async Task TheGatewayServesTheFolder_InDevelopment_WithTheUsersArguments()
    {
        var (exitCode, output) = await RunAsync("echo $SnakeHost__Root $ASPNETCORE_ENVIRONMENT $SNAKEHOST_LIFELINE; echo $0 $@; exit 7", "--listen", "127.0.0.1:0");
        Assert.Equal([$"{_folder.FullName} Development stdin", "--listen 127.0.0.1:0"], output);
        Assert.Equal(7, exitCode);
    }

    [Fact]
    public async Task ForASingleApp_NoSampleIsShown()
    {
        var (_, output) = await RunAsync($"echo '{Ready}'", "--app", "main:app");
        Assert.Equal([Ready], output);
    }

    [Fact]
    public async Task ToldToStop_ItSendsSigterm_AndEndsAfterTheGateway_WithItsExitCode()
    {
        using var stop = new CancellationTokenSource();
        await using var output = new StopWhenReady(stop);
        // The read blocks on the lifeline, which stays open: only the signal ends it.
        var exitCode = await Launch(output, "trap 'echo drained; exit 3' TERM; echo '" + Ready + "'; while :; do sleep 0.05; done").RunAsync([], stop.Token);
        Assert.Equal(3, exitCode);
        Assert.EndsWith("drained", output.ToString().TrimEnd(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Ready, "http://127.0.0.1:4567/")]
    [InlineData("SnakeHost is listening on http://127.0.0.1:80 https://[::1]:443 (admin http://127.0.0.1:9081)", "http://127.0.0.1/")]
    [InlineData("info: SnakeHost is listening on http://127.0.0.1:80", null)]
    [InlineData("SnakeHost is listening on nothing", null)]
    public void TheReadyLine_GivesTheFirstAddress(string line, string? expected) =>
        Assert.Equal(expected, ReadyLine.Parse(line)?.ToString());

    [Fact]
    public void TheNearestAppsFolder_IsFoundAbove_AndTheFirstDirectoryGoesFirst()
    {
        var inner = _folder.CreateSubdirectory("a/apps/x/y");
        var other = _folder.CreateSubdirectory("b/apps");
        Assert.Equal(Path.Combine(_folder.FullName, "a", "apps"), AppsFolder.Find(inner.FullName, other.FullName));
        Assert.Equal(other.FullName, AppsFolder.Find(other.Parent!.FullName, inner.FullName));
    }

    private async Task<(int ExitCode, string[] Output)> RunAsync(string script, params string[] arguments)
    {
        await using var output = new StringWriter { NewLine = "\n" };
        var exitCode = await Launch(output, script).RunAsync(arguments, TestContext.Current.CancellationToken);
        return (exitCode, output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private Launcher Launch(TextWriter output, string script) => new(new GatewayCommand("/bin/sh", ["-c", script]), _folder.FullName, output);

    /// <summary>Stops the launcher as soon as it has passed the ready line on.</summary>
    private sealed class StopWhenReady(CancellationTokenSource stop) : StringWriter
    {
        public override async Task WriteLineAsync(string? value)
        {
            await base.WriteLineAsync(value);
            if (value == Ready)
                await stop.CancelAsync();
        }
    }
}
