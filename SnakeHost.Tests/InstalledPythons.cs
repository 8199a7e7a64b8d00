using System.Diagnostics;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests;

/// <summary>
/// The CPythons of this machine that SnakeHost supports (3.10 to 3.15), as absolute paths of their executables: <c>python3</c> and
/// <c>python3.N</c> on PATH, <c>/usr/bin/python3</c>, and pyenv's. Two names of one installation count once.
/// </summary>
public static class InstalledPythons
{
    private const string Question =
        """
        import sys, sysconfig
        print(sys.executable, sys.prefix, "%d.%d.%d" % sys.version_info[:3], sysconfig.get_config_var("Py_ENABLE_SHARED"), sep="\n")
        """;

    private const string Distributions =
        """
        import importlib.metadata, re
        for distribution in importlib.metadata.distributions():
            print(re.sub("[-_.]+", "-", distribution.name).lower(), distribution.version)
        """;

    private static readonly Lazy<IReadOnlyList<InstalledPython>> s_found = new(Find);
    private static readonly Dictionary<(string, string), bool> s_imports = [];
    private static readonly Dictionary<string, ImportingPython> s_importing = [];
    private static readonly Dictionary<string, ILookup<string, string>> s_distributions = [];

    /// <summary>The executables, one for each minor version and the one that <c>python3</c> means first. Never empty where SnakeHost can run at all.</summary>
    public static TheoryData<string> All => new(Executables);

    /// <summary>
    /// <see cref="All"/> and other builds of the same versions: for tests of what a build decides (how it was linked, what is installed for it). A test of what
    /// the version decides has no more to see there.
    /// </summary>
    public static IEnumerable<string> Builds => s_found.Value.Select(python => python.Executable);

    /// <summary>Behind an executable: apps have processes of their own.</summary>
    private const string InProcess = " in a process of its own";

    /// <summary><see cref="All"/>, and the first once more for apps in processes of their own: see <see cref="Parse"/>.</summary>
    /// <remarks><c>SNAKEHOST_TESTS_ISOLATION</c> names the half that is wanted: <c>shared</c> or <c>process</c>.</remarks>
    public static TheoryData<string> AllAndProcess => Environment.GetEnvironmentVariable("SNAKEHOST_TESTS_ISOLATION") switch
    {
        "shared" => All,
        "process" => new(Default + InProcess),
        _ => new([.. Executables, Default + InProcess]),
    };

    /// <summary>What a row of <see cref="AllAndProcess"/> says.</summary>
    public static (string Executable, bool IsProcess) Parse(string python) =>
        python.EndsWith(InProcess, StringComparison.Ordinal) ? (python[..^InProcess.Length], true) : (python, false);

    /// <inheritdoc cref="All"/>
    public static IEnumerable<string> Executables => s_found.Value.DistinctBy(python => python.Version.Minor).Select(python => python.Executable);

    /// <summary>Those of <see cref="Executables"/> that bring a pip of their own, one for each version of it: for tests of what installs, which takes its time.</summary>
    public static IEnumerable<string> Pips => Executables.DistinctBy(static python => Run(python, "-c", "import ensurepip; print(ensurepip.version())")?[0]);

    /// <summary>What a user gets who configures nothing.</summary>
    public static string Default => s_found.Value[0].Executable;

    /// <summary>The version of one of <see cref="Builds"/>, e.g. 3.11.2.</summary>
    public static Version VersionOf(string executable) => s_found.Value.First(python => python.Executable == Parse(executable).Executable).Version;

    /// <summary>Those of <see cref="All"/> that are as new as this, 3.<paramref name="minor"/>; a single row that skips, with the reason, when none is.</summary>
    public static TheoryData<string> Since(int minor)
    {
        var able = s_found.Value.Where(python => python.Version.Minor >= minor).Select(python => python.Executable).ToList();
        if (able.Count > 0)
            return new TheoryData<string>(able);

        return new TheoryData<string> { new TheoryDataRow<string>("python3") { Skip = $"No Python 3.{minor} or later is installed: eng/newest-python has one." } };
    }

    /// <summary>Those of <see cref="Builds"/> that can import the modules, as in <see cref="CanImport"/>; a single row that skips, with the reason, when none can.</summary>
    public static TheoryData<string> WithModule(string module) => Able(Builds.Where(python => CanImport(python, module)), module);

    /// <summary>The same, where what is installed by another name cannot be imported outside of an app.</summary>
    public static TheoryData<string> WithModule(string module, string distribution) =>
        Able(Builds.Where(python => DistributionVersion(python, distribution) is not null && CanImport(python, module)), $"{module} and has {distribution}");

    /// <summary>Whether the interpreter, asked in a process apart, can import the modules: <c>"one, another | its older name"</c>.</summary>
    /// <param name="python">One of <see cref="Builds"/>, or what a row of <see cref="AllAndProcess"/> says.</param>
    public static bool CanImport(string python, string module)
    {
        var executable = Parse(python).Executable;
        lock (s_imports)
        {
            if (!s_imports.TryGetValue((executable, module), out var able))
            {
                if (!s_importing.TryGetValue(executable, out var importing))
                    s_importing[executable] = importing = new ImportingPython(executable);
                s_imports[(executable, module)] = able = importing.Can(module);
            }

            return able;
        }
    }

    /// <summary>The version of what is installed for the interpreter by this name (in lower case, with hyphens), as its own metadata say it; null when nothing is.</summary>
    public static string? DistributionVersion(string executable, string distribution)
    {
        lock (s_distributions)
        {
            if (!s_distributions.TryGetValue(executable, out var installed))
            {
                s_distributions[executable] = installed =
                    (Run(executable, "-c", Distributions) ?? []).Select(line => line.Split(' ')).ToLookup(line => line[0], line => line[1], StringComparer.Ordinal);
            }

            return installed[distribution].FirstOrDefault();
        }
    }

    private static TheoryData<string> Able(IEnumerable<string> pythons, string what)
    {
        var able = pythons.ToList();
        return able.Count > 0 ? new TheoryData<string>(able) : new TheoryData<string> { new TheoryDataRow<string>("python3") { Skip = $"No installed Python can import {what}." } };
    }

    private static List<InstalledPython> Find() =>
    [
        .. Candidates()
            .Distinct()
            .Select(Describe)
            .OfType<InstalledPython>()
            .Where(python => python.Version.Major == 3 && python.Version.Minor is >= 10 and <= 15)
            .DistinctBy(python => (python.Version, python.Prefix)),
    ];

    private static IEnumerable<string> Candidates()
    {
        string[] names = ["python3", .. Enumerable.Range(10, 6).Select(minor => $"python3.{minor}")];
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        foreach (var name in names)
        {
            // One name may stand in several folders of PATH (a shim before /usr/bin): each may be another installation.
            foreach (var path in folders.Select(folder => Path.Combine(folder, name)).Where(File.Exists))
                yield return path;
        }

        if (File.Exists("/usr/bin/python3"))
            yield return "/usr/bin/python3";

        var pyenv = Environment.GetEnvironmentVariable("PYENV_ROOT") is { Length: > 0 } root
            ? root
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".pyenv");
        var versions = Path.Combine(pyenv, "versions");
        if (!Directory.Exists(versions))
            yield break;
        foreach (var path in Directory.GetDirectories(versions).Order(StringComparer.Ordinal).Select(folder => Path.Combine(folder, "bin", "python3")).Where(File.Exists))
            yield return path;
    }

    private static InstalledPython? Describe(string candidate) =>
        Run(candidate, "-c", Question) is [var executable, var prefix, var version, var shared] && executable.Length > 0
        && (shared == "1" || Gateway.Launch.ElfFile.Defines(executable, "PyModule_AddObjectRef"))
            ? new InstalledPython(executable, prefix, Version.Parse(version))
            : null;

    /// <summary>The lines it prints; null when it cannot be run or fails.</summary>
    private static string[]? Run(string executable, params string[] arguments)
    {
        var start = new ProcessStartInfo(executable, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        try
        {
            using var process = ChildProcess.Start(start);
            process.StandardInput.Close();
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? output.Split('\n', StringSplitOptions.RemoveEmptyEntries) : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private sealed record InstalledPython(string Executable, string Prefix, Version Version);
}
