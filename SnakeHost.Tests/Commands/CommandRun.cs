using System.Diagnostics;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Commands;

/// <summary>The program, run to its end.</summary>
internal static class CommandRun
{
    public static async Task<(int ExitCode, string Output)> RunAsync(string directory, string[] arguments, IReadOnlyDictionary<string, string>? environment = null, string[]? through = null)
    {
        string[] command = [.. through ?? [], "dotnet", GatewayLocation.Assembly, .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..]) { WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        using var process = ChildProcess.Start(start);
        process.StandardInput.Close();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromMinutes(3));
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(deadline.Token), process.StandardError.ReadToEndAsync(deadline.Token));
        await process.WaitForExitAsync(deadline.Token);
        return (process.ExitCode, await output + await errors);
    }
}
