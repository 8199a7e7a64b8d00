using System.Diagnostics;
using System.Text.Json;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.AppHost;

/// <summary>The AppHost of this repository as its developer has it from a terminal: Aspire's own CLI, orchestrator and dashboard.</summary>
[Collection(nameof(OrchestratorTests))]
public sealed class CliTests
{
    [Fact]
    public async Task ATenant_IsFound_Started_WaitedFor_Reloaded_Read_AndEvicted()
    {
        var (restored, why) = await DotnetAsync("tool", "restore");
        Assert.SkipUnless(restored == 0, why);

        await AspireAsync("start", "--no-build", "--nologo");
        try
        {
            await AspireAsync("wait", "gateway", "--timeout", "100");
            Assert.Equal(("NotStarted", "PythonTenant"), await HelloAsync());
            using var started = await ResultAsync("start");
            Assert.Equal(("hello", "loaded", 1), (started.RootElement.GetProperty("tenant").GetString(), started.RootElement.GetProperty("outcome").GetString(), started.RootElement.GetProperty("generation").GetInt32()));
            await AspireAsync("wait", "hello", "--timeout", "100");
            Assert.Equal(("Running", "PythonTenant"), await HelloAsync());
            using var reloaded = await ResultAsync("reload");
            Assert.Equal(2, reloaded.RootElement.GetProperty("generation").GetInt32());
            var console = await AspireAsync("logs", "hello");
            Assert.Contains("Loaded as generation 1", console, StringComparison.Ordinal);
            Assert.Contains("Reloaded as generation 2 (by hand)", console, StringComparison.Ordinal);
            await AspireAsync("resource", "hello", "evict");
            await AspireAsync("wait", "hello", "--status", "down", "--timeout", "100");
            await Eventually.Async(async () => Assert.Contains("hello: tenant.reload", await AspireAsync("otel", "traces"), StringComparison.Ordinal));
        }
        finally
        {
            await AspireAsync("stop");
        }
    }

    [Fact]
    public async Task Deploying_WithoutAnEnvironment_IsOneSentence()
    {
        var (restored, why) = await DotnetAsync("tool", "restore");
        Assert.SkipUnless(restored == 0, why);

        var (exitCode, output) = await DotnetAsync("tool", "run", "aspire", "--", "deploy", "--nologo", "--non-interactive");

        Assert.NotEqual(0, exitCode);
        Assert.Contains("There is nothing to publish for: the AppHost names no environment", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    private static async Task<(string? State, string? Type)> HelloAsync()
    {
        using var all = JsonDocument.Parse(Json(await AspireAsync("describe", "--format", "Json")));
        var hello = all.RootElement.GetProperty("resources").EnumerateArray().Single(static resource => resource.GetProperty("displayName").GetString() == "hello");
        return (hello.GetProperty("state").GetString(), hello.GetProperty("resourceType").GetString());
    }

    private static async Task<JsonDocument> ResultAsync(string command) => JsonDocument.Parse(Json(await AspireAsync("resource", "hello", command)));

    /// <summary>What the CLI says to people stands before it.</summary>
    private static string Json(string output) => output.IndexOf('{', StringComparison.Ordinal) is >= 0 and var start ? output[start..(output.LastIndexOf('}') + 1)] : throw new InvalidOperationException(output);

    private static async Task<string> AspireAsync(params string[] arguments)
    {
        var (exitCode, output) = await DotnetAsync(["tool", "run", "aspire", "--", .. arguments, "--non-interactive"]);
        Assert.True(exitCode == 0, $"aspire {string.Join(' ', arguments)} ended with {exitCode}: {output}");
        return output;
    }

    private static async Task<(int ExitCode, string Output)> DotnetAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = RepositoryFolder.Path };
        start.Environment["ASPIRE_CLI_TELEMETRY_OPTOUT"] = "true";
        start.Environment["NO_COLOR"] = "1";
        start.Environment["COLUMNS"] = "200";
        using var process = ChildProcess.Start(start);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken) + await errors;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output);
    }
}
