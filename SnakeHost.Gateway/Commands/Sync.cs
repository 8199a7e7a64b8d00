using System.Globalization;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Launch;
using SnakeHost.Gateway.Packages;

namespace SnakeHost.Gateway.Commands;

/// <summary>Makes the virtual environments of apps of what their folders say, and brings them up to date.</summary>
internal static class Sync
{
    /// <param name="directory">An app's folder, or one of apps; null for the current directory, if it is an app's, else for the gateway's apps.</param>
    /// <returns>The exit code: 1 when an app has not got its packages.</returns>
    public static int Run(string? directory, bool recreate, CommandLineResult commandLine, string currentDirectory, TextWriter output, TextWriter error)
    {
        if (ServedOptions.Read(commandLine, error) is not { } options)
            return CommandLine.UsageError;
        var asked = directory is null ? null : Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory, currentDirectory));
        if (asked is not null && !Directory.Exists(asked))
        {
            error.WriteLine($"There is no folder {asked}.");
            return CommandLine.UsageError;
        }

        List<(string Folder, string? Venv)> apps;
        try
        {
            apps = Choose(options, asked, currentDirectory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error.WriteLine(e.Message);
            return 1;
        }

        if (apps.Count == 0)
        {
            var root = asked ?? options.Root;
            output.WriteLine($"Nothing to do: no app {(root.Length > 0 ? $"in {root}" : "here")} says which packages it needs.");
            return 0;
        }

        if (InterpreterProcess.Find(options.Python.Executable) is not { } python)
        {
            error.WriteLine($"SnakeHost:Python:Executable '{options.Python.Executable}' cannot be started: install Python, or name a python3 in SnakeHost:Python:Executable.");
            return 1;
        }

        return Run(python, apps, recreate, output, error);
    }

    private static int Run(string python, List<(string Folder, string? Venv)> apps, bool recreate, TextWriter output, TextWriter error)
    {
        var failed = new List<string>();
        foreach (var (index, (folder, venv)) in apps.Index())
        {
            if (apps.Count > 1)
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{index + 1}/{apps.Count}] {folder}"));
            if (PackageSync.RunAsync(python, folder, venv, recreate, output.WriteLine, CancellationToken.None).GetAwaiter().GetResult() is not { } problem)
                continue;
            error.WriteLine(problem);
            failed.Add(Path.GetFileName(folder));
        }

        if (failed.Count > 0 && apps.Count > 1)
            error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{failed.Count} of {apps.Count} apps have not got their packages: {string.Join(", ", failed)}."));
        return failed.Count == 0 ? 0 : 1;
    }

    private static List<(string Folder, string? Venv)> Choose(SnakeHostOptions options, string? asked, string currentDirectory)
    {
        List<(string Folder, string? Venv)> named = [.. AppFolders.Named(options).Select(static app => (app.Folder, app.Venv)).Distinct()];
        if (asked is null && AppPackages.FindSource(currentDirectory) is not null && AppFolders.IsApp(currentDirectory))
            asked = currentDirectory;
        if (asked is null)
            return [.. named.Where(static app => Directory.Exists(app.Folder)).Concat(options.Root.Length > 0 ? Needing(options.Root) : []).DistinctBy(static app => app.Folder).Where(static app => AppPackages.FindSource(app.Folder) is not null)];
        if (named.Exists(app => app.Folder == asked))
            return [named.Find(app => app.Folder == asked)];
        // What is an app is no folder of apps, and what holds none may be an app without a Python file of its own.
        return AppFolders.IsApp(asked) || !AppFolders.Below(asked).Any() ? [(asked, null)] : Needing(asked);
    }

    private static List<(string Folder, string? Venv)> Needing(string root) => [.. AppFolders.Below(root).Where(static app => AppPackages.FindSource(app) is not null).Select(static app => (app, (string?)null))];
}
