using SnakeHost.Gateway.Launch;

namespace SnakeHost.Gateway.Packages;

/// <summary>Runs <c>sync.py</c>, which makes an app's virtual environment, by the Python that is to load the app.</summary>
internal static class PackageSync
{
    /// <summary>The file in an environment that says what it was made of.</summary>
    public const string Stamp = "snakehost-sync";

    private static readonly string s_script = Path.Join(AppContext.BaseDirectory, "Packages", "sync.py");

    /// <summary>What somebody types to have it done.</summary>
    public static string CommandFor(string app) => $"{OwnProgram.Command} sync {Quote(app)}";

    /// <summary>Another one when something has been installed; null when it has none.</summary>
    public static string? ReadStamp(string venv) => File.Exists(Path.Join(venv, Stamp)) ? File.ReadAllText(Path.Join(venv, Stamp)) : null;

    /// <param name="python">A program, or a name that is looked up on PATH.</param>
    /// <param name="app">The app's folder.</param>
    /// <param name="venv">Its environment; null for the one in its folder.</param>
    /// <param name="recreate">Whether the environment is removed before.</param>
    /// <param name="told">Gets each line of what is done, one after the other.</param>
    /// <returns>Null when it is done, else a sentence.</returns>
    public static Task<string?> RunAsync(string python, string app, string? venv, bool recreate, Action<string> told, CancellationToken cancellationToken) =>
        SyncProcess.RunAsync(python, [s_script, app, .. venv is null ? [] : new[] { "--environment", venv }, .. recreate ? ["--recreate"] : Array.Empty<string>()], told, cancellationToken);

    private static string Quote(string path) =>
        path.All(static character => char.IsAsciiLetterOrDigit(character) || "/._-+:@".Contains(character, StringComparison.Ordinal)) ? path : $"'{path.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
