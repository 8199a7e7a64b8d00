using System.Diagnostics;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests;

/// <summary>
/// A process of an interpreter that tells which modules can be imported there. It goes on until the tests end: what frameworks have in common is imported once, and not
/// for each of dozens of questions. Not for two threads at once.
/// </summary>
internal sealed class ImportingPython(string executable)
{
    private const string Script =
        """
        import importlib, sys

        def can(name):
            try:
                importlib.import_module(name.strip())
                return True
            except Exception:
                return False

        answers, sys.stdout = sys.stdout, sys.stderr  # what a module prints is no answer
        for line in sys.stdin:
            able = all(any(can(name) for name in names.split("|")) for names in line.split(","))
            print("yes" if able else "no", file=answers, flush=True)
        """;

    private Process? _process;

    /// <param name="modules"><c>"one, another | its older name"</c>.</param>
    public bool Can(string modules)
    {
        if (_process is null or { HasExited: true })
            _process = Start();
        _process.StandardInput.WriteLine(modules);
        _process.StandardInput.Flush();
        if (_process.StandardOutput.ReadLine() is { } answer)
            return answer == "yes";
        _process = null; // the import has ended it
        return false;
    }

    private Process Start()
    {
        var process = ChildProcess.Start(new ProcessStartInfo(executable, ["-c", Script]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true });
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        return process;
    }
}
