using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Launch;

namespace SnakeHost.Gateway.CPython;

/// <summary>Finds the interpreter to embed by asking the configured executable about itself: nothing is guessed.</summary>
internal static class PythonLocator
{
    private static readonly Version s_oldest = new(3, 10);
    private static readonly Version s_newest = new(3, 15);
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    // The fields are separated by NUL, for which neither side loads a library: the gateway's start waits for the answer.
    // Every path where a build of CPython may have put its library, in order of preference; see sysconfig and Makefile.pre.in.
    private const string Probe = """
        import os, sys, sysconfig
        get = sysconfig.get_config_var
        base = sys.base_prefix
        folders = [get("LIBDIR"), os.path.join(get("LIBDIR") or base, get("MULTIARCH") or ""), get("LIBPL"), os.path.join(base, "lib"), get("PYTHONFRAMEWORKPREFIX"), base]
        names = [get("INSTSONAME"), get("LDLIBRARY"), "python%d%d.dll" % sys.version_info[:2]]
        paths = [os.path.join(f, n) for f in folders if f for n in names if n and not n.endswith(".a")]
        answer = [sys.implementation.name, "%d.%d.%d" % sys.version_info[:3], sys.executable, str(bool(get("Py_GIL_DISABLED"))), *(p for p in paths if os.path.isfile(p))]
        sys.stdout.buffer.write(b"\0".join(map(os.fsencode, answer)))
        """;

    /// <param name="options">Which: a path, or a name that is looked up on PATH.</param>
    /// <exception cref="PythonUnavailableException">No such program, or not one that can be embedded.</exception>
    public static PythonInstallation Locate(PythonOptions options)
    {
        var executable = options.Executable;
        if (InterpreterProcess.Description is { } description)
            return Check(executable, Answer.OfProcess(executable, description), isProcess: true);
        if (options.Embedding == Embedding.Executable)
        {
            throw new PythonUnavailableException(
                $"SnakeHost:Python:Embedding is Executable, but SnakeHost:Python:Executable '{executable}' is no program that contains a Python from {s_oldest} on, or this is not Linux, or the gateway is self-contained: leave it at Auto.");
        }

        return Check(executable, Ask(executable), isProcess: false);
    }

    /// <summary>The interpreter whose process this is.</summary>
    /// <exception cref="PythonUnavailableException">Not one that can be used.</exception>
    public static PythonInstallation OfProcess()
    {
        var description = InterpreterProcess.Description!;
        var executable = description.Split('\n')[0];
        return Check(executable, Answer.OfProcess(executable, description), isProcess: true);
    }

    private static PythonInstallation Check(string executable, Answer answer, bool isProcess)
    {
        if (answer.Implementation != "cpython")
            throw new PythonUnavailableException($"SnakeHost:Python:Executable '{executable}' is {answer.Implementation}: only CPython can be embedded.");

        var version = answer.Version;
        var minor = new Version(version.Major, version.Minor);
        if (minor < s_oldest || minor > s_newest)
        {
            throw new PythonUnavailableException(
                $"SnakeHost:Python:Executable '{executable}' is Python {version}: SnakeHost needs {s_oldest} to {s_newest}; install one of these, or name it in SnakeHost:Python:Executable.");
        }

        if (answer.FreeThreaded)
        {
            throw new PythonUnavailableException(
                $"SnakeHost:Python:Executable '{executable}' is a free-threaded build of Python {version}: SnakeHost needs a build with the GIL.");
        }

        if (isProcess)
            return new PythonInstallation(answer.Executable, version, Library: null);
        if (answer.Libraries.Length == 0)
        {
            throw new PythonUnavailableException(
                $"SnakeHost:Python:Executable '{executable}' (Python {version}) has no shared library: install it (Debian and Ubuntu: apt-get install libpython{minor}), or build Python with --enable-shared, or name another python3 in SnakeHost:Python:Executable.");
        }

        return new PythonInstallation(answer.Executable, version, answer.Libraries[0]);
    }

    private static Answer Ask(string executable)
    {
        var start = new ProcessStartInfo(executable)
        {
            // -S: no site packages are needed for the answer, and none can disturb it. A venv is still recognised.
            ArgumentList = { "-S", "-c", Probe },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEndAsync();
            if (!process.WaitForExit(s_timeout))
            {
                process.Kill();
                throw new PythonUnavailableException($"SnakeHost:Python:Executable '{executable}' did not say within {s_timeout.TotalSeconds:0} seconds which Python it is.");
            }

            if (process.ExitCode == 0 && Answer.TryParse(output.Result) is { } answer)
                return answer;
            var said = process.ExitCode == 0 && output.Result.Length > 0 ? "." : ": " + LastLine(error.Result, output.Result);
            throw new PythonUnavailableException($"SnakeHost:Python:Executable '{executable}' does not answer like a Python interpreter{said}");
        }
        catch (Win32Exception e)
        {
            throw new PythonUnavailableException($"SnakeHost:Python:Executable '{executable}' cannot be started ({e.Message}): install Python {s_oldest} to {s_newest}, or name a python3 in SnakeHost:Python:Executable.");
        }
    }

    private static string LastLine(params ReadOnlySpan<string> texts)
    {
        foreach (var text in texts)
        {
            var line = text.Trim().Split('\n')[^1].Trim();
            if (line.Length > 0)
                return line;
        }

        return "it said nothing.";
    }

    private sealed record Answer(string Implementation, Version Version, string Executable, bool FreeThreaded, string[] Libraries)
    {
        public static Answer? TryParse(string text) =>
            text.Split('\0') is [var implementation, var version, var executable, var freeThreaded, .. var libraries] && Version.TryParse(version, out var parsed)
                ? new(implementation, parsed, executable, freeThreaded == "True", libraries)
                : null;

        /// <summary>From what launch.py says.</summary>
        public static Answer OfProcess(string asked, string description)
        {
            var fields = description.Split('\n');
            return fields is [var executable, var implementation, var version, var path, var freeThreaded] && executable == asked
                ? new(implementation, Version.Parse(version), path, freeThreaded == "True", [])
                : throw new PythonUnavailableException(
                    $"SnakeHost:Python:Executable is '{asked}', but the gateway runs in '{fields[0]}': name it in appsettings.json, the environment or the arguments, or set SnakeHost:Python:Embedding to Library.");
        }
    }
}
