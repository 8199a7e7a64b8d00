using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace SnakeHost.Gateway.Packages;

/// <summary><c>sync.py</c> as a process. SnakeHost.Hosting runs it with this file too.</summary>
internal static class SyncProcess
{
    /// <summary>Runs a Python with the script and its arguments, and tells each line of what is done, one after the other.</summary>
    /// <returns>Null when it is done, else a sentence.</returns>
    public static async Task<string?> RunAsync(string python, IEnumerable<string> arguments, Action<string> told, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(python, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        start.Environment["PYTHONUTF8"] = "1";
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            return $"{python} cannot be started: {e.Message}.";
        }

        using (process)
        {
            try
            {
                process.StandardInput.Close();
                var errors = process.StandardError.ReadToEndAsync(cancellationToken);
                while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
                    told(line);
                await process.WaitForExitAsync(cancellationToken);
                var sentence = (await errors).Trim().Split('\n')[^1];
                return process.ExitCode == 0 ? null : sentence.Length > 0 ? sentence : $"{python} has ended with exit code {process.ExitCode}.";
            }
            finally
            {
                if (!process.HasExited)
                    process.Kill(entireProcessTree: true);
            }
        }
    }
}
