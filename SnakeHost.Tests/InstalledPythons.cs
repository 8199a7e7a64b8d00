using System.Collections.Concurrent;
using System.Diagnostics;

namespace SnakeHost.Tests;

/// <summary>The CPython interpreters of this machine that SnakeHost supports (3.10 to 3.14).</summary>
public static class InstalledPythons
{
    private const int FirstMinor = 10;
    private const int LastMinor = 14;

    // The real executable (a pyenv shim is a shell script), its version and its prefix, one a line.
    private const string Probe = "import sys; print(sys.executable, '%d.%d.%d' % sys.version_info[:3], sys.base_prefix, sep='\\n')";

    private static readonly Lazy<IReadOnlyList<string>> Found = new(Find);
    private static readonly ConcurrentDictionary<string, string> Versions = new();

    /// <summary>Real paths of the executables, one per version and prefix, oldest version first.</summary>
    public static IReadOnlyList<string> Executables => Found.Value;

    /// <summary>The version of one of <see cref="Executables"/>, such as "3.12.1".</summary>
    public static string VersionOf(string executable) => Versions[executable];

    private static List<string> Find()
    {
        var distinct = new Dictionary<(Version Version, string Prefix), string>();
        foreach (var candidate in Candidates().Distinct())
        {
            if (Ask(candidate) is not [var executable, var text, var prefix] || !Version.TryParse(text, out var version))
                continue;
            if (version is not { Major: 3, Minor: >= FirstMinor and <= LastMinor })
                continue;
            if (distinct.TryAdd((version, prefix), executable))
                Versions[executable] = text;
        }
        return [.. distinct.OrderBy(found => found.Key.Version).Select(found => found.Value)];
    }

    private static IEnumerable<string> Candidates()
    {
        string[] names = ["python3", .. Enumerable.Range(FirstMinor, LastMinor - FirstMinor + 1).Select(minor => $"python3.{minor}")];
        string[] folders = [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator), "/usr/bin"];
        foreach (var name in names)
        {
            foreach (var folder in folders)
            {
                var candidate = Path.Combine(folder, name);
                if (File.Exists(candidate))
                    yield return candidate;
            }
        }
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var root = Environment.GetEnvironmentVariable("PYENV_ROOT") ?? Path.Combine(home, ".pyenv");
        var versions = Path.Combine(root, "versions");
        if (!Directory.Exists(versions))
            yield break;
        foreach (var version in Directory.GetDirectories(versions))
        {
            var candidate = Path.Combine(version, "bin", "python3");
            if (File.Exists(candidate))
                yield return candidate;
        }
    }

    private static string[]? Ask(string candidate)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(candidate, ["-c", Probe])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            errors.Wait();
            return process.ExitCode == 0 ? output.Split('\n', StringSplitOptions.RemoveEmptyEntries) : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null; // not executable
        }
    }
}
