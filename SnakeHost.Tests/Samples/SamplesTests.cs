using System.Diagnostics;
using SnakeHost.Tests.AppHost;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Samples;

/// <summary>The sample apps on their own, without the gateway: they are to run under any WSGI or ASGI server.</summary>
public sealed class SamplesTests
{
    public static TheoryData<string> Apps =>
        [.. Directory.GetDirectories(Path.Combine(RepositoryFolder.Path, "apps")).Select(folder => Path.GetFileName(folder)!).Where(static name => name != CliTests.Guest).Order()];

    [Theory]
    [MemberData(nameof(Apps))]
    public async Task TheSample_PassesItsOwnTests(string app)
    {
        var start = new ProcessStartInfo("python3", ["-m", "unittest", $"{app}_test"])
        {
            WorkingDirectory = Path.Combine(RepositoryFolder.Path, "SnakeHost.Tests", "Samples"),
            RedirectStandardError = true,
        };
        // It would hide what stale bytecode does.
        start.Environment.Remove("PYTHONDONTWRITEBYTECODE");
        start.Environment["SAMPLES_ROOT"] = Path.Combine(RepositoryFolder.Path, "apps");
        using var python = ChildProcess.Start(start);
        var output = await python.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await python.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(python.ExitCode == 0, output);
        Assert.DoesNotContain("Ran 0 tests", output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Apps))]
    public void TheSample_HasAReadmeOfFiveLines_ThatNamesItsAddress(string app)
    {
        var readme = File.ReadAllLines(Path.Combine(RepositoryFolder.Path, "apps", app, "README.md"));
        Assert.Equal(5, readme.Length);
        Assert.Contains(readme, line => line.Contains($"http://{app}.localhost:9080/", StringComparison.Ordinal));
    }
}
