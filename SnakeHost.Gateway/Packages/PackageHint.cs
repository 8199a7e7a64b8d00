using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Packages;

/// <summary>Tells who lacks a module that a command installs it.</summary>
internal static class PackageHint
{
    private const string Missing = "ModuleNotFoundError";

    /// <summary>The error, with what to do about it if packages of the app are not installed.</summary>
    /// <param name="app">The app's folder.</param>
    /// <param name="venv">The environment that its route names, or the one in its folder; null where there is none.</param>
    /// <param name="python">The gateway's Python, as configured.</param>
    public static PythonError AddTo(PythonError error, string app, string? venv, string python) =>
        error.Hint is null && IsMissing(error) && Of(app, venv, python) is { } hint ? error with { Hint = hint } : error;

    // A framework may have made another error of it.
    private static bool IsMissing(PythonError error) => error.Type is Missing or "ImportError" || error.Traceback.Contains($"\n{Missing}: ", StringComparison.Ordinal);

    private static string? Of(string app, string? venv, string python)
    {
        if (AppPackages.FindSource(app) is not { } source)
            return null;
        var own = PackageFolder.FindOf(app);
        var command = PackageSync.CommandFor(app, venv == own ? null : venv, python);
        venv ??= own;
        if (venv is null)
            return $"{source} says which packages this app needs, and there is no virtual environment that has them. This makes it, and the next request uses it: {command}";
        return AppPackages.IsMadeOf(venv, app, source) ? null : $"Not all packages that {source} names may be installed. This installs them, and the next request uses them: {command}";
    }
}
