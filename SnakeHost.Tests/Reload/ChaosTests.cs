using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Reload;

/// <summary>A short run of <c>bench/chaos</c>: apps that are edited in every way while clients ask them.</summary>
public sealed class ChaosTests
{
    [Fact]
    public async Task WhileAppsAreEditedInEveryWay_NoAnswerIsFailedStaleMixedCutOrMissing()
    {
        var chaos = Path.Combine(RepositoryFolder.Path, "bench", "chaos", "chaos.py");
        var python = InstalledPythons.Default;

        var report = await PythonProcess.ProgramAsync(
            python, chaos, "--seconds", "4", "--seed", "1", "--tenants", "10", "--clients", "12", "--patience", "60", "--settle", "0", "--python", python, "--program", GatewayLocation.Assembly);

        // Edits, requests and messages; then the faults.
        Assert.Matches(@"\n\| [1-9]\d* \| [1-9]\d* \| [1-9]\d* \| 0 \| 0 \| 0 \| 0 \| 0 \|\n", report);
    }
}
