using System.Diagnostics;
using System.Text.Json;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.AppHost;

/// <summary>The AppHost of this repository as its developer has it from a terminal: Aspire's own CLI, orchestrator and dashboard.</summary>
[Collection(nameof(OrchestratorTests))]
public sealed class CliTests
{
    /// <summary>A folder that is among the samples while a test runs.</summary>
    internal const string Guest = "peek";

    [Fact]
    public async Task Tenants_AreFound_Started_WaitedFor_Reloaded_Read_AndEvicted_AndThoseThatCameLater()
    {
        var (restored, why) = await DotnetAsync("tool", "restore");
        Assert.SkipUnless(restored == 0, why);

        await AspireAsync("start", "--no-build", "--nologo");
        try
        {
            await AspireAsync("wait", "gateway", "--timeout", "100");
            await ASampleAsync();
            await AFolderThatComesAndGoesAsync();
        }
        finally
        {
            await AspireAsync("stop");
        }

        // No environment is named, hence nothing to publish for: a failure that says so.
        foreach (var way in new[] { "publish", "deploy" })
        {
            var (exitCode, output) = await RunAsync(way, "--no-build", "--nologo");
            Assert.NotEqual(0, exitCode);
            Assert.Contains("There is nothing to publish for: the AppHost names no environment", output, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        }
    }

    private static async Task ASampleAsync()
    {
        await Eventually.Async(static async () => Assert.Equal(("NotStarted", "PythonTenant"), await StateAsync("hello")));
        using var started = await ResultAsync("hello", "start");
        Assert.Equal(("hello", "loaded", 1), (started.RootElement.GetProperty("tenant").GetString(), started.RootElement.GetProperty("outcome").GetString(), started.RootElement.GetProperty("generation").GetInt32()));
        await AspireAsync("wait", "hello", "--timeout", "100");
        Assert.Equal(("Running", "PythonTenant"), await StateAsync("hello"));
        using var reloaded = await ResultAsync("hello", "reload");
        Assert.Equal(2, reloaded.RootElement.GetProperty("generation").GetInt32());
        // A command is over when the gateway has answered it; the dashboard is told of the same load by an event.
        await Eventually.Async(static async () => Assert.Contains("Reloaded as generation 2 (by hand)", await AspireAsync("logs", "hello"), StringComparison.Ordinal));
        Assert.Contains("Loaded as generation 1", await AspireAsync("logs", "hello"), StringComparison.Ordinal);
        await AspireAsync("resource", "hello", "evict");
        await AspireAsync("wait", "hello", "--status", "down", "--timeout", "100");
        await Eventually.Async(static async () => Assert.Contains("hello: tenant.reload", await AspireAsync("otel", "traces"), StringComparison.Ordinal));
    }

    /// <summary>Among the samples, as the AppHost has no other folder: the tests of all samples know of it.</summary>
    private static async Task AFolderThatComesAndGoesAsync()
    {
        var folder = Path.Join(RepositoryFolder.Path, "apps", Guest);
        var main = Path.Join(folder, "main.py");
        Directory.CreateDirectory(folder);
        try
        {
            await File.WriteAllTextAsync(main, PythonApps.Answering("print('peek is here')\ndef answer(path): return 1"));
            await Eventually.Async(static async () => Assert.Equal(("NotStarted", "PythonTenant"), await StateAsync(Guest)));
            await AspireAsync("resource", Guest, "start");
            await AspireAsync("wait", Guest, "--timeout", "100");
            await Eventually.Async(static async () => Assert.Contains("peek is here", await AspireAsync("logs", Guest), StringComparison.Ordinal));

            await File.WriteAllTextAsync(main, "raise LookupError('half a thought')");
            await Eventually.Async(static async () => Assert.Equal(("FailedToStart", "PythonTenant"), await StateAsync(Guest)));
            // At once, not when its time is over.
            var (failed, output) = await RunAsync("wait", Guest, "--timeout", "100");
            Assert.NotEqual(0, failed);
            Assert.Contains("it failed to start", output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        await Eventually.Async(static async () => Assert.Null((await StateAsync(Guest)).State));
    }

    /// <summary>Null for one that is not there.</summary>
    private static async Task<(string? State, string? Type)> StateAsync(string resource)
    {
        using var all = JsonDocument.Parse(Json(await AspireAsync("describe", "--format", "Json")));
        return all.RootElement.GetProperty("resources").EnumerateArray().Where(found => found.GetProperty("displayName").GetString() == resource)
            .Select(static found => (found.GetProperty("state").GetString(), found.GetProperty("resourceType").GetString())).SingleOrDefault();
    }

    private static async Task<JsonDocument> ResultAsync(string resource, string command) => JsonDocument.Parse(Json(await AspireAsync("resource", resource, command)));

    /// <summary>What the CLI says to people stands before it.</summary>
    private static string Json(string output) => output.IndexOf('{', StringComparison.Ordinal) is >= 0 and var start ? output[start..(output.LastIndexOf('}') + 1)] : throw new InvalidOperationException(output);

    private static async Task<string> AspireAsync(params string[] arguments)
    {
        var (exitCode, output) = await RunAsync(arguments);
        Assert.True(exitCode == 0, $"aspire {string.Join(' ', arguments)} ended with {exitCode}: {output}");
        return output;
    }

    private static Task<(int ExitCode, string Output)> RunAsync(params string[] arguments) => DotnetAsync(["tool", "run", "aspire", "--", .. arguments, "--non-interactive"]);

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
