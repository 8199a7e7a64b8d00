using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.Packages;

/// <summary>Tells who lacks a module that a command installs it.</summary>
internal static class PackageHint
{
    private const string Missing = "ModuleNotFoundError";

    /// <summary>The error, with what to do about it if packages of the app are not installed.</summary>
    /// <param name="app">The app's folder.</param>
    /// <param name="venv">Its environment; null for none.</param>
    public static PythonError AddTo(PythonError error, string app, string? venv) =>
        error.Hint is null && IsMissing(error) && Of(app, venv) is { } hint ? error with { Hint = hint } : error;

    // A framework may have made another error of it.
    private static bool IsMissing(PythonError error) => error.Type is Missing or "ImportError" || error.Traceback.Contains($"\n{Missing}: ", StringComparison.Ordinal);

    private static string? Of(string app, string? venv)
    {
        if (AppPackages.FindSource(app) is not { } source)
            return null;
        if (venv is null)
            return $"{source} says which packages this app needs, and there is no virtual environment that has them. This makes it, and the next request uses it: {PackageSync.CommandFor(app)}";
        return AppPackages.IsMadeOf(venv, app, source) ? null : $"Not all packages that {source} names may be installed. This installs them, and the next request uses them: {PackageSync.CommandFor(app)}";
    }
}
