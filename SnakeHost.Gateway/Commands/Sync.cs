using System.Globalization;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Launch;
using SnakeHost.Gateway.Packages;

namespace SnakeHost.Gateway.Commands;

/// <summary>Makes the virtual environments of apps of what their folders say, and brings them up to date.</summary>
internal static class Sync
{
    /// <param name="directory">An app's folder, or one of apps; null for the current directory, if it is an app's, else for the gateway's apps.</param>
    /// <param name="recreate">Whether environments are removed before.</param>
    /// <param name="venv">The environment of all of them; null for those of their routes.</param>
    /// <returns>The exit code: 1 when an app has not got its packages.</returns>
    public static int Run(string? directory, bool recreate, string? venv, CommandLineResult commandLine, string currentDirectory, TextWriter output, TextWriter error)
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
            var folders = Choose(options, asked, currentDirectory);
            if (venv is not null)
                venv = Path.TrimEndingDirectorySeparator(Path.GetFullPath(venv, currentDirectory));
            apps = [.. folders.SelectMany(folder => venv is null ? AppFolders.VenvsOf(options, folder).Select(found => (folder, found)) : [(folder, venv)])];
            if (folders.Find(folder => !apps.Exists(app => app.Folder == folder)) is { } unknown)
            {
                error.WriteLine($"Which environment {unknown} has, only a request tells, by its route's Venv: name it by --venv.");
                return CommandLine.UsageError;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ConfigurationException)
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

        if (InterpreterProcess.Find(options.Python.Executable) is null)
        {
            error.WriteLine($"SnakeHost:Python:Executable '{options.Python.Executable}' cannot be started: install Python, or name a python3 in SnakeHost:Python:Executable.");
            return 1;
        }

        return Run(options.Python.Executable, apps, recreate, output, error);
    }

    private static int Run(string python, List<(string Folder, string? Venv)> apps, bool recreate, TextWriter output, TextWriter error)
    {
        var failed = new List<string>();
        // One that several share is removed once, before the first of them gets its packages.
        var sharing = apps.ToLookup(static app => PlaceOf(app.Folder, app.Venv), static app => app.Folder);
        var removed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (index, (folder, venv)) in apps.Index())
        {
            if (apps.Count > 1)
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{index + 1}/{apps.Count}] {folder}"));
            var place = PlaceOf(folder, venv);
            var recreatedFor = recreate && removed.Add(place) ? sharing[place] : null;
            if (PackageSync.RunAsync(python, folder, venv, recreatedFor, output.WriteLine, CancellationToken.None).GetAwaiter().GetResult() is not { } problem)
                continue;
            error.WriteLine(problem);
            failed.Add(Path.GetFileName(folder));
        }

        if (failed.Count > 0 && apps.Count > 1)
            error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{failed.Count} of {apps.Count} apps have not got their packages: {string.Join(", ", failed)}."));
        return failed.Count == 0 ? 0 : 1;
    }

    private static string PlaceOf(string folder, string? venv) =>
        (venv ?? PackageFolder.FindOf(folder) ?? PackageFolder.CandidatesOf(folder).First()) is var path && RealPath.Resolve(path) is { } real ? real : path;

    private static List<string> Choose(SnakeHostOptions options, string? asked, string currentDirectory)
    {
        if (asked is null && AppPackages.FindSource(currentDirectory) is not null && AppFolders.IsApp(currentDirectory))
            asked = currentDirectory;
        var named = AppFolders.Named(options).Select(static app => app.Folder);
        if (asked is null)
            return [.. named.Where(Directory.Exists).Concat(options.Root.Length > 0 ? AppFolders.Below(options.Root) : []).Distinct().Where(static app => AppPackages.FindSource(app) is not null)];
        // What is an app is no folder of apps, and what holds none may be an app without a Python file of its own.
        return named.Contains(asked) || AppFolders.IsApp(asked) || !AppFolders.Below(asked).Any() ? [asked] : [.. AppFolders.Below(asked).Where(static app => AppPackages.FindSource(app) is not null)];
    }
}
