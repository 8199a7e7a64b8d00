using System.Text.RegularExpressions;

namespace SnakeHost.Gateway.Packages;

/// <summary>Where an app's folder says which packages it needs; as <c>sync.py</c> sees it.</summary>
internal static partial class AppPackages
{
    private const string Project = "pyproject.toml", Lock = "uv.lock", Requirements = "requirements.txt";

    /// <summary>The name of the file that decides; null when the app needs none. A lock file goes before requirements, and these before a project.</summary>
    public static string? FindSource(string app)
    {
        try
        {
            var project = File.Exists(Path.Join(app, Project)) ? File.ReadAllText(Path.Join(app, Project)) : "";
            var hasDependencies = ProjectTable().IsMatch(project) && Dependencies().IsMatch(project);
            if (hasDependencies && File.Exists(Path.Join(app, Lock)))
                return Lock;
            if (File.Exists(Path.Join(app, Requirements)))
                return File.ReadLines(Path.Join(app, Requirements)).Any(static line => line.TrimStart() is [not '#', ..]) ? Requirements : null;
            return hasDependencies ? Project : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Whether an environment has been made of that file since the file was written.</summary>
    public static bool IsMadeOf(string venv, string app, string source) =>
        File.Exists(Path.Join(venv, PackageSync.Stamp)) && File.GetLastWriteTimeUtc(Path.Join(venv, PackageSync.Stamp)) >= File.GetLastWriteTimeUtc(Path.Join(app, source));

    [GeneratedRegex(@"^\s*\[project\]", RegexOptions.Multiline)]
    private static partial Regex ProjectTable();

    [GeneratedRegex(@"^\s*dependencies\s*=\s*\[\s*(?:#.*\s*)*[""']", RegexOptions.Multiline)]
    private static partial Regex Dependencies();
}
