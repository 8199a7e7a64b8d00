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
        PackageSync.StampOf(venv, app) is var stamp && File.Exists(stamp) && File.GetLastWriteTimeUtc(stamp) >= File.GetLastWriteTimeUtc(Path.Join(app, source));

    [GeneratedRegex(@"^[ \t]*\[project\]", RegexOptions.Multiline)]
    private static partial Regex ProjectTable();

    // Of any text in one pass: nothing in it can be read in two ways.
    [GeneratedRegex(@"^[ \t]*dependencies[ \t]*=[ \t]*\[(?:\s|#[^\n]*\n)*[""']", RegexOptions.Multiline)]
    private static partial Regex Dependencies();
}
