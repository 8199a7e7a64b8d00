using System.Diagnostics;
using SnakeHost.AppHost.Tenants;

namespace SnakeHost.AppHost;

/// <summary>Runs the gateway on a folder of apps as a child process, and says where each app answers.</summary>
internal sealed class Launcher(GatewayCommand gateway, string? appsFolder, TextWriter output)
{
    /// <summary>Names the contract with the gateway: its standard input is a pipe that closes when the launcher is gone.</summary>
    internal const string LifelineVariable = "SNAKEHOST_LIFELINE";

    private const string RootVariable = "SnakeHost__Root";

    /// <summary>Starts the gateway with <paramref name="arguments"/> and gives back its exit code; <paramref name="stop"/> sends it SIGTERM.</summary>
    public async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken stop)
    {
        using var process = Process.Start(StartInfo(arguments))!;
        // Never written to. The kernel closes it however this process ends, and the gateway then stops too.
        await using var lifeline = process.StandardInput;
        await using var registration = stop.Register(() => Termination.Request(process));

        while (await process.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line)
        {
            await output.WriteLineAsync(line);
            if (ReadyLine.Parse(line) is { } address)
                await AnnounceAsync(address, arguments);
            await output.FlushAsync(CancellationToken.None);
        }
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode;
    }

    private ProcessStartInfo StartInfo(IReadOnlyList<string> arguments)
    {
        // Standard error is inherited; standard output passes through, to see the ready line.
        var start = new ProcessStartInfo(gateway.File, [.. gateway.Arguments, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment[LifelineVariable] = "stdin";
        // Of the launch profile, for the Aspire dashboard.
        start.Environment.Remove("ASPNETCORE_URLS");
        start.Environment.TryAdd("ASPNETCORE_ENVIRONMENT", "Development");
        if (appsFolder is not null)
            start.Environment.TryAdd(RootVariable, appsFolder);
        if (!Console.IsOutputRedirected)
            start.Environment.TryAdd("DOTNET_SYSTEM_CONSOLE_ALLOW_ANSI_COLOR_REDIRECTION", "1");
        return start;
    }

    private async Task AnnounceAsync(Uri address, IReadOnlyList<string> arguments)
    {
        // Another root or a single app was asked for: the samples are not what is served.
        if (appsFolder is null || arguments.Any(a => a.StartsWith("--app", StringComparison.Ordinal) || a.StartsWith("--SnakeHost:Ro", StringComparison.OrdinalIgnoreCase)))
            return;
        foreach (var app in AppsFolder.List(Environment.GetEnvironmentVariable(RootVariable) is { Length: > 0 } root && Directory.Exists(root) ? root : appsFolder))
            await output.WriteLineAsync($"  {address.Scheme}://{app}.localhost:{address.Port}/");
    }
}
