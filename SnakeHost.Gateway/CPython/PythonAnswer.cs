using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace SnakeHost.Gateway.CPython;

/// <summary>What an executable says of itself when it is asked which Python it is.</summary>
/// <param name="Implementation"><c>sys.implementation.name</c>.</param>
/// <param name="Version">For example 3.11.7.</param>
/// <param name="Executable"><c>sys.executable</c>.</param>
/// <param name="Flags"><c>sys.abiflags</c>: t for a free-threaded build, d for one with CPython's own checks.</param>
/// <param name="Libraries">The files that may be its shared library, the likeliest first.</param>
internal sealed record PythonAnswer(string Implementation, Version Version, string Executable, string Flags, string[] Libraries)
{
    public static readonly Version Oldest = new(3, 10);
    public static readonly Version Newest = new(3, 15);

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    // The fields are separated by NUL, for which neither side loads a library: the gateway's start waits for the answer.
    // Every path where a build of CPython may have put its library, in order of preference; see sysconfig and Makefile.pre.in.
    private const string Question = """
        import os, sys, sysconfig
        get = sysconfig.get_config_var
        base = sys.base_prefix
        folders = [get("LIBDIR"), os.path.join(get("LIBDIR") or base, get("MULTIARCH") or ""), get("LIBPL"), os.path.join(base, "lib"), get("PYTHONFRAMEWORKPREFIX"), base]
        names = [get("INSTSONAME"), get("LDLIBRARY"), "python%d%d.dll" % sys.version_info[:2]]
        paths = [os.path.join(f, n) for f in folders if f for n in names if n and not n.endswith(".a")]
        answer = [sys.implementation.name, "%d.%d.%d" % sys.version_info[:3], sys.executable, getattr(sys, "abiflags", ""), *(p for p in paths if os.path.isfile(p))]
        sys.stdout.buffer.write(b"\0".join(map(os.fsencode, answer)))
        """;

    public bool IsFreeThreaded => Flags.Contains('t', StringComparison.Ordinal);

    public static bool Supports(Version version) => new Version(version.Major, version.Minor) is var minor && minor >= Oldest && minor <= Newest;

    /// <summary>Starts the executable and waits for what it says.</summary>
    /// <param name="subject">What it is called in the sentences about it: a setting and its value, a virtual environment's.</param>
    /// <param name="executable">A path, or a name that is looked up on PATH.</param>
    /// <exception cref="PythonUnavailableException">It cannot be started, or does not answer as Python does.</exception>
    public static PythonAnswer Ask(string subject, string executable)
    {
        var start = new ProcessStartInfo(executable)
        {
            // -S: no site packages are needed for the answer, and none can disturb it. A venv is still recognised.
            ArgumentList = { "-S", "-c", Question },
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
                throw new PythonUnavailableException($"{subject} did not say within {s_timeout.TotalSeconds:0} seconds which Python it is.");
            }

            if (process.ExitCode == 0 && TryParse(output.Result) is { } answer)
                return answer;
            var said = process.ExitCode == 0 && output.Result.Length > 0 ? "." : ": " + LastLine(error.Result, output.Result);
            throw new PythonUnavailableException($"{subject} does not answer like a Python interpreter{said}");
        }
        catch (Win32Exception e)
        {
            throw new PythonUnavailableException($"{subject} cannot be started ({e.Message}): install Python {Oldest} to {Newest}, or name a python3 in SnakeHost:Python:Executable.");
        }
    }

    private static PythonAnswer? TryParse(string text) =>
        text.Split('\0') is [var implementation, var version, var executable, var flags, .. var libraries] && Version.TryParse(version, out var parsed)
            ? new(implementation, parsed, executable, flags, libraries)
            : null;

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
}
