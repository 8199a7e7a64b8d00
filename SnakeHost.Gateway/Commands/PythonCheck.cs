using System.ComponentModel;
using System.Diagnostics;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Launch;

namespace SnakeHost.Gateway.Commands;

/// <summary>The interpreter that all apps share, and what is installed in it.</summary>
internal static class PythonCheck
{
    private const string Subject = "Python";

    /// <summary>Prints what makes virtual environments, then the frameworks with their versions.</summary>
    private const string Question = """
        import importlib.metadata as metadata, importlib.util as util
        print("venv" if util.find_spec("venv") and util.find_spec("ensurepip") else "")
        found = []
        for name in "Django fastapi Flask starlette quart litestar falcon bottle pyramid".split():
            try:
                found.append(name.lower() + " " + metadata.version(name))
            except metadata.PackageNotFoundError:
                pass
        print(", ".join(found))
        """;

    public static IEnumerable<Finding> Run(PythonOptions options)
    {
        PythonInstallation? python = null;
        string? refusal = null;
        try
        {
            var program = InterpreterProcess.Find(options.Executable);
            python = PythonLocator.Examine(options, options.Embedding != Embedding.Library && program is not null && InterpreterProcess.CanContain(program));
        }
        catch (PythonUnavailableException e)
        {
            refusal = e.Message;
        }

        if (python is null)
        {
            yield return Finding.Problem(Subject, refusal!);
            yield break;
        }

        yield return Finding.Good(Subject, $"{python.Version} ({python.Executable}), {(python.Library is not null ? $"with the shared library {python.Library}" : InterpreterProcess.IsBegun ? "in whose program the gateway runs" : "whose program contains the interpreter")}");
        var (canMake, frameworks) = Ask(python.Executable);
        yield return Finding.Good("frameworks", frameworks.Length > 0 ? $"{frameworks}, for apps without a virtual environment" : "none in this Python: each app has its own in its .venv");
        if (!canMake)
            yield return Finding.Warning("venv", $"this Python makes no virtual environments: install its module venv (Debian and Ubuntu: apt-get install python{python.Version.Major}.{python.Version.Minor}-venv), or use uv.");
    }

    private static (bool CanMakeEnvironments, string Frameworks) Ask(string executable)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(executable, ["-c", Question]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var errors = process.StandardError.ReadToEndAsync();
            var lines = process.StandardOutput.ReadToEnd().Split('\n');
            process.WaitForExit();
            _ = errors.Result;
            return lines is [var venv, var frameworks, ..] ? (venv.Length > 0, frameworks) : (false, "");
        }
        catch (Win32Exception)
        {
            return (false, "");
        }
    }
}
