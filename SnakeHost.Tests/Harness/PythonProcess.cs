using System.Diagnostics;

namespace SnakeHost.Tests.Harness;

/// <summary>Runs programs that are not the gateway: clients written in Python, and others.</summary>
internal static class PythonProcess
{
    /// <summary>What a script prints; a failing one fails the test and shows what it said.</summary>
    public static Task<string> RunAsync(string python, string script, params string[] arguments) => ProgramAsync(python, ["-c", script, .. arguments]);

    /// <inheritdoc cref="RunAsync"/>
    public static async Task<string> ProgramAsync(string program, params string[] arguments)
    {
        using var process = ChildProcess.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true });
        process.StandardInput.Close();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(deadline.Token), process.StandardError.ReadToEndAsync(deadline.Token));
            await process.WaitForExitAsync(deadline.Token);
            Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}.\n{await output}\n{await errors}");
            return (await output).Trim();
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Whether a program of this name can be started.</summary>
    public static bool IsInstalled(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Any(folder => File.Exists(Path.Join(folder, program)));
}
