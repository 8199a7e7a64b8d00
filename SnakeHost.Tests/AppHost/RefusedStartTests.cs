using System.Diagnostics;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.AppHost;

/// <summary>What a developer sees of an AppHost that this library does not let start.</summary>
public sealed class RefusedStartTests
{
    [Theory]
    [InlineData("my_app", "Tenant 'my_app' cannot have that name:", "characters.")]
    [InlineData("an endpoint", "'gateway' does not listen on an endpoint 'https', only on 'http':", "ingress's.")]
    public async Task ItIs_OneSentence(string what, string begin, string end)
    {
        var (exitCode, errors) = await StartAsync(what);

        Assert.Equal(1, exitCode);
        var sentence = Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith(begin, sentence, StringComparison.Ordinal);
        Assert.EndsWith(end, sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatElseGoesWrong_HasItsStack()
    {
        var (exitCode, errors) = await StartAsync("something else");

        Assert.NotEqual(0, exitCode);
        Assert.Contains("   at StartupHook", errors, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Errors)> StartAsync(string what)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Projects.SnakeHost_Gateway).Assembly.Location])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.Join(RepositoryFolder.Path, "SnakeHost.AppHost"),
        };
        start.Environment["DOTNET_STARTUP_HOOKS"] = typeof(StartupHook).Assembly.Location;
        start.Environment[StartupHook.Variable] = what;
        using var process = ChildProcess.Start(start);
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await output;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, errors);
    }
}
