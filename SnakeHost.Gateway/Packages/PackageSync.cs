using System.Security.Cryptography;
using System.Text;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Launch;

namespace SnakeHost.Gateway.Packages;

/// <summary>Runs <c>sync.py</c>, which makes an app's virtual environment, by the Python that is to load the app.</summary>
internal static class PackageSync
{
    private static readonly string s_script = Path.Join(AppContext.BaseDirectory, "Packages", "sync.py");

    /// <summary>What somebody types to have it done.</summary>
    /// <param name="app">The app's folder.</param>
    /// <param name="venv">Its environment; null for the one in its folder.</param>
    /// <param name="python">As configured.</param>
    public static string CommandFor(string app, string? venv, string python) => $"{Command(venv, python)} {Quote(app)}";

    /// <summary>Another one when something has been installed for the app; null when it has none.</summary>
    public static string? ReadStamp(string venv, string app) => StampOf(venv, app) is var stamp && File.Exists(stamp) ? File.ReadAllText(stamp) : null;

    /// <summary>The file in an environment that says what it was made of for an app.</summary>
    public static string StampOf(string venv, string app)
    {
        var between = Path.GetRelativePath(RealPath.Resolve(venv) ?? venv, RealPath.Resolve(app) ?? app);
        return Path.Join(venv, $"snakehost-sync-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(between)))[..16]}");
    }

    /// <param name="python">As configured: a program, or a name that is looked up on PATH.</param>
    /// <param name="app">The app's folder.</param>
    /// <param name="venv">Its environment; null for the one in its folder.</param>
    /// <param name="recreatedFor">The other apps that get their packages anew too, when the environment is removed before; null when it is not.</param>
    /// <param name="told">Gets each line of what is done, one after the other.</param>
    /// <returns>Null when it is done, else a sentence.</returns>
    public static Task<string?> RunAsync(string python, string app, string? venv, IEnumerable<string>? recreatedFor, Action<string> told, CancellationToken cancellationToken)
    {
        string[] arguments =
        [
            s_script, app, "--command", Command(venv, python),
            .. venv is null ? Array.Empty<string>() : ["--environment", venv],
            .. recreatedFor is null ? [] : recreatedFor.SelectMany(static other => new[] { "--together", other }).Prepend("--recreate"),
        ];
        return SyncProcess.RunAsync(python, arguments, told, cancellationToken);
    }

    // Whoever types it has not the gateway's settings.
    private static string Command(string? venv, string python)
    {
        var words = new List<string> { OwnProgram.Command, "sync" };
        if (python != new PythonOptions().Executable)
            words.Add(Quote($"--{PythonOptions.ExecutableKey}={(python.Contains('/', StringComparison.Ordinal) ? Path.GetFullPath(python) : python)}"));
        if (venv is not null)
            words.AddRange(["--venv", Quote(venv)]);
        return string.Join(' ', words);
    }

    private static string Quote(string path) =>
        path.All(static character => char.IsAsciiLetterOrDigit(character) || "/._-+:@=".Contains(character, StringComparison.Ordinal)) ? path : $"'{path.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
