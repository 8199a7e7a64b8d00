using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Commands;

/// <summary>Where the apps are that a gateway would serve.</summary>
internal static class AppFolders
{
    /// <summary>Python files only make a folder an app's.</summary>
    private static readonly EnumerationOptions s_all = new() { AttributesToSkip = FileAttributes.Hidden };

    /// <summary>Those that configuration names, each with the environment that it names.</summary>
    public static IEnumerable<(RouteOptions Route, string Folder, string? Venv)> Named(SnakeHostOptions options)
    {
        var start = options.Root.Length > 0 ? options.Root : options.BaseDirectory;
        return options.Routes.Where(static route => !IsTemplate(route.WorkingDirectory)).Select(route => (
            route,
            Path.TrimEndingDirectorySeparator(Path.GetFullPath(Plain(route.WorkingDirectory), start)),
            route.Venv.Length > 0 && !IsTemplate(route.Venv) ? Path.GetFullPath(Plain(route.Venv), start) : null));
    }

    /// <summary>Those in a folder of apps.</summary>
    public static IEnumerable<string> Below(string root) => Directory.EnumerateDirectories(root, "*", s_all).Where(IsApp).Order(StringComparer.Ordinal);

    public static bool IsApp(string folder) => Directory.EnumerateFiles(folder, "*.py", s_all).Any();

    private static bool IsTemplate(string text) => text.Replace("{{", "", StringComparison.Ordinal).Contains('{', StringComparison.Ordinal);

    private static string Plain(string text) => text.Replace("{{", "{", StringComparison.Ordinal).Replace("}}", "}", StringComparison.Ordinal);
}
