using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Launch;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Workers;

/// <summary>The interpreter that a tenant's virtual environment was made with, found without starting anything where the environment says it.</summary>
/// <param name="Executable">The program to run: the environment's base, or a conda environment's own. Null when there is none that can be used.</param>
/// <param name="Version">As far as the environment tells it: often without its last number. Null when it does not.</param>
/// <param name="Flags">As <see cref="PythonInstallation.Flags"/>.</param>
/// <param name="IsConda">Whether the packages are the interpreter's own: it runs without a virtual environment.</param>
/// <param name="Problem">Why it cannot be used, a sentence; null when it can.</param>
internal sealed partial record TenantPython(string? Executable, Version? Version, string Flags, bool IsConda, string? Problem)
{
    /// <summary>By executable; asked again when the file is another one.</summary>
    private static readonly ConcurrentDictionary<string, (DateTime Written, long Size, PythonAnswer? Answer, string? Failure)> s_asked = new(StringComparer.Ordinal);

    /// <summary>Whether the environment sees the packages of the installation that it was made with (<c>--system-site-packages</c>), which another one has not.</summary>
    public bool UsesBasePackages { get; init; }

    /// <summary>Looks at a folder, at each load: it may have been made again with another Python.</summary>
    /// <param name="venv">A virtual environment's or conda's, absolute; null for none.</param>
    /// <returns>Null when it is neither: the load then says so.</returns>
    public static TenantPython? Of(string? venv)
    {
        if (venv is null || !PackageFolder.Is(venv))
            return null;
        try
        {
            return PackageFolder.IsConda(venv) ? OfConda(venv) : OfVenv(venv);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Unusable(null, "", false, $"The virtual environment {venv} cannot be read: {e.Message}");
        }
    }

    /// <summary>Where an app is loaded that has a process of its own.</summary>
    /// <param name="own">The gateway's interpreter.</param>
    /// <returns>The app, without an environment that the interpreter is itself; and the interpreter's program, null for the gateway's.</returns>
    /// <exception cref="AppLoadException">No process can run with its environment.</exception>
    public static (TenantSpecification Specification, string? Python) Place(TenantSpecification specification, PythonInstallation own)
    {
        var venv = specification.Venv;
        var python = Of(venv);
        var differs = python?.DiffersFrom(own) == true;
        if (python?.IsConda == true)
            specification = specification with { Venv = null };
        if (differs && python!.Refusal(venv!) is { } refusal)
            throw new AppLoadException(refusal);
        return (specification, differs ? python!.Executable : null);
    }

    /// <summary>Why no process can run with it, a sentence; null when one can. Asks the interpreter where that is not known.</summary>
    public string? Refusal(string venv)
    {
        if (Problem is not null || InterpreterProcess.CanContain(Executable!))
            return Problem;
        var (answer, failure) = Ask($"{venv}", Executable!);
        return answer is null ? failure
            : answer.Libraries.Length > 0 ? null
            : $"{venv} was made with {Executable}, which has no shared library: install it (Debian and Ubuntu: apt-get install libpython{Version!.Major}.{Version.Minor}), or build Python with --enable-shared.";
    }

    /// <summary>What it is made for, in words.</summary>
    public string Describe() =>
        (IsConda ? $"a conda environment with {PythonInstallation.Describe(Version!, Flags)}" : $"for {PythonInstallation.Describe(Version!, Flags)}")
        + (UsesBasePackages ? $" and the packages of {Executable}" : "");

    /// <summary>Whether packages of this environment cannot be loaded into that interpreter.</summary>
    public bool DiffersFrom(PythonInstallation own)
    {
        // Its packages are linked with libraries of its own.
        if (IsConda)
            return Executable is null || RealPath.Resolve(own.Executable) != Executable;
        return Version is null || Version.Major != own.Version.Major || Version.Minor != own.Version.Minor || Flags != own.Flags
            || (UsesBasePackages && Executable is not null && RealPath.Resolve(own.Executable) != Executable);
    }

    private static TenantPython OfVenv(string venv)
    {
        var settings = ReadSettings(Path.Join(venv, PackageFolder.Settings));
        var (version, threads) = VersionOf(venv, settings);
        var flags = threads ?? "";
        var subject = $"The virtual environment {venv}";
        const string Remedy = "make it again with an installed Python (snakehost sync --recreate)";
        if (settings.GetValueOrDefault("implementation") is { Length: > 0 } implementation && !implementation.Equals("CPython", StringComparison.OrdinalIgnoreCase))
            return Unusable(version, flags, false, OtherImplementation(subject, implementation));

        string? sentence = null;
        foreach (var candidate in Candidates(venv, settings, version, threads))
        {
            if (RealPath.Resolve(candidate) is not { } file || !File.Exists(file))
                continue;
            if (!IsExecutable(file))
            {
                sentence ??= $"{subject} was made with {file}, which may not be executed.";
                continue;
            }

            var found = Read(subject, file, version);
            // Else the name has been given to another one since.
            if (found.Version is not null && (version is null || IsSame(found, version, threads)))
                return found with { UsesBasePackages = settings.GetValueOrDefault("include-system-site-packages")?.Equals("true", StringComparison.OrdinalIgnoreCase) == true };
            if (found.Version is null)
                sentence ??= found.Problem;
        }

        if (version is not null && ProblemOf(subject, version, flags) is { } problem)
            return Unusable(version, flags, false, problem);
        var made = settings.GetValueOrDefault("executable") ?? settings.GetValueOrDefault("base-executable") ?? settings.GetValueOrDefault("home");
        return Unusable(version, flags, false, sentence ?? (made is null
            ? $"{subject} does not tell which Python it was made with: its {PackageFolder.Settings} has no home; {Remedy}."
            : $"{subject} was made with a Python{(version is null ? "" : $" {version.Major}.{version.Minor}{flags}")} that is no longer there ({made}): {Remedy}, or install that one."));
    }

    /// <summary>Conda's notes have a file for each package, named after its version and build.</summary>
    private static TenantPython OfConda(string folder)
    {
        var subject = $"The conda environment {folder}";
        var note = Directory.EnumerateFiles(Path.Join(folder, PackageFolder.CondaNotes), "python-*.json").Select(Path.GetFileName).Select(name => CondaPython().Match(name!)).FirstOrDefault(match => match.Success);
        if (note is null || RealPath.Resolve(Path.Join(folder, "bin", "python")) is not { } file || !File.Exists(file))
            return Unusable(null, "", true, $"{subject} has no Python: install one into it (conda install -p {folder} python).");
        var version = Version.Parse(note.Groups["version"].Value);
        var flags = note.Groups["threads"].Value;
        if (note.Groups["pypy"].Success)
            return Unusable(version, flags, true, OtherImplementation(subject, "PyPy"));
        if (ProblemOf(subject, version, flags) is { } problem)
            return Unusable(version, flags, true, problem);
        return IsExecutable(file) ? new(file, version, flags, true, null) : Unusable(version, flags, true, $"{subject} has a Python that may not be executed: {file}.");
    }

    /// <summary>The version as the tool wrote it, else as the environment's library folder is called, which also tells a free-threaded build: "t", or "" for another.</summary>
    private static (Version? Version, string? Threads) VersionOf(string venv, Dictionary<string, string> settings)
    {
        var written = Number().Match(settings.GetValueOrDefault("version") ?? settings.GetValueOrDefault("version_info") ?? "");
        var library = Path.Join(venv, "lib");
        var folders = (Directory.Exists(library) ? Directory.EnumerateDirectories(library, "python3*") : [])
            .Select(path => LibraryFolder().Match(Path.GetFileName(path))).Where(match => match.Success).OrderBy(match => match.Value, StringComparer.Ordinal).ToList();
        var version = written.Success ? Version.Parse(written.Value) : folders.Count > 0 ? Version.Parse(folders[0].Groups["version"].Value) : null;
        var ours = folders.Where(match => version is null || match.Groups["version"].Value == $"{version.Major}.{version.Minor}").ToList();
        return (version, ours.Count == 0 ? null : ours.TrueForAll(match => match.Groups["threads"].Length > 0) ? "t" : "");
    }

    /// <summary>Paths where its base may be, the likeliest first.</summary>
    private static IEnumerable<string> Candidates(string venv, Dictionary<string, string> settings, Version? version, string? threads)
    {
        // Since 3.11; virtualenv.
        foreach (var key in (string[])["executable", "base-executable"])
        {
            if (settings.GetValueOrDefault(key) is { Length: > 0 } path && Path.IsPathRooted(path))
                yield return path;
        }

        if (settings.GetValueOrDefault("home") is { Length: > 0 } home && Path.IsPathRooted(home))
        {
            foreach (var suffix in version is null ? [] : threads is null ? ["", "t"] : new[] { threads })
                yield return Path.Join(home, $"python{version!.Major}.{version.Minor}{suffix}");
            yield return Path.Join(home, "python3");
            yield return Path.Join(home, "python");
        }

        // A link, unless made with --copies.
        foreach (var name in (string[])["python", "python3"])
        {
            if (RealPath.Resolve(Path.Join(venv, "bin", name)) is { } real && !RealPath.IsWithin(real, RealPath.Resolve(venv) ?? venv))
                yield return real;
        }
    }

    /// <summary>By its name, which installations of CPython give to exactly one version; else by asking it.</summary>
    private static TenantPython Read(string subject, string file, Version? expected)
    {
        var name = Path.GetFileName(file);
        var match = ExecutableName().Match(name);
        if (match.Success)
        {
            var version = Version.Parse(match.Groups["version"].Value);
            // The last number too, where it is known.
            if (expected is not null && expected.Major == version.Major && expected.Minor == version.Minor)
                version = expected;
            var flags = match.Groups["threads"].Value + (match.Groups["debug"].Success ? "d" : "");
            return ProblemOf(subject, version, flags) is { } problem ? Unusable(version, flags, false, problem) : new(file, version, flags, false, null);
        }

        var (answer, failure) = Ask(subject, file);
        if (answer is null)
            return Unusable(null, "", false, failure!);
        if (answer.Implementation != "cpython")
            return Unusable(answer.Version, answer.Flags, false, OtherImplementation(subject, answer.Implementation));
        return ProblemOf(subject, answer.Version, answer.Flags) is { } refusal
            ? Unusable(answer.Version, answer.Flags, false, refusal)
            : new(file, answer.Version, answer.Flags, false, null);
    }

    private static (PythonAnswer? Answer, string? Failure) Ask(string subject, string file)
    {
        var info = new FileInfo(file);
        if (s_asked.TryGetValue(file, out var known) && known.Written == info.LastWriteTimeUtc && known.Size == info.Length)
            return (known.Answer, known.Failure);
        PythonAnswer? answer = null;
        string? failure = null;
        try
        {
            answer = PythonAnswer.Ask($"{subject} was made with {file}, which", file);
        }
        catch (PythonUnavailableException e)
        {
            failure = e.Message;
        }

        s_asked[file] = (info.LastWriteTimeUtc, info.Length, answer, failure);
        return (answer, failure);
    }

    private static bool IsSame(TenantPython found, Version version, string? threads) =>
        found.Version!.Major == version.Major && found.Version.Minor == version.Minor && (threads is null || found.Flags.Contains('t', StringComparison.Ordinal) == (threads == "t"));

    private static string? ProblemOf(string subject, Version version, string flags)
    {
        if (!PythonAnswer.Supports(version))
            return $"{subject} is for Python {version.Major}.{version.Minor}: SnakeHost runs {PythonAnswer.Oldest} to {PythonAnswer.Newest}; make it again with one of these.";
        return flags.Contains('t', StringComparison.Ordinal)
            ? $"{subject} is for a free-threaded build of Python {version.Major}.{version.Minor}: SnakeHost needs a build with the GIL; make it again with python{version.Major}.{version.Minor}."
            : null;
    }

    private static string OtherImplementation(string subject, string implementation) => $"{subject} is for {implementation}: SnakeHost runs CPython only; make it again with that.";

    private static TenantPython Unusable(Version? version, string flags, bool isConda, string problem) => new(null, version, flags, isConda, problem);

    private static bool IsExecutable(string file) =>
        OperatingSystem.IsWindows() || (File.GetUnixFileMode(file) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0;

    /// <summary>As CPython reads it: names have no case, and everything else is ignored.</summary>
    private static Dictionary<string, string> ReadSettings(string file)
    {
        var settings = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in File.ReadLines(file))
        {
            if (line.IndexOf('=', StringComparison.Ordinal) is > 0 and var at)
                settings[line[..at].Trim()] = line[(at + 1)..].Trim();
        }

        return settings;
    }

    /// <summary>3.12.4, and the beginning of 3.12.4.final.0 and 3.14.0rc2.</summary>
    [GeneratedRegex(@"^\d+\.\d+(\.\d+)?")]
    private static partial Regex Number();

    [GeneratedRegex(@"^python(?<version>\d+\.\d+)(?<threads>t?)$")]
    private static partial Regex LibraryFolder();

    /// <summary>python3.14, python3.14t, and builds with CPython's own checks: python3.14d, Debian's python3.14-dbg.</summary>
    [GeneratedRegex(@"^python(?<version>\d+\.\d+)(?<threads>t?)(?<debug>d|-dbg)?$")]
    private static partial Regex ExecutableName();

    /// <summary>python-3.13.1-h9ebbce0_100_cp313t.json.</summary>
    [GeneratedRegex(@"^python-(?<version>\d+\.\d+(\.\d+)?)[^-]*-([^-]*_)?((?<pypy>pypy)|cpython|cp\d+(?<threads>t?)|[^-]*)\.json$")]
    private static partial Regex CondaPython();
}
