using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Packages;
using SnakeHost.Gateway.Workers;

namespace SnakeHost.Gateway.Commands;

/// <summary>The apps' folders and their virtual environments.</summary>
internal static class AppCheck
{
    private const string Subject = "apps";

    public static IEnumerable<Finding> Run(SnakeHostOptions options)
    {
        var named = AppFolders.Named(options).ToList();
        if (options.Root.Length > 0 && named.Count < options.Routes.Count)
        {
            var folders = AppFolders.Below(options.Root).ToList();
            yield return folders.Count > 0
                ? Finding.Good(Subject, $"{folders.Count} in {options.Root}: {string.Join(", ", folders.Select(Path.GetFileName))}")
                : Finding.Warning(Subject, $"none in {options.Root}: make one (snakehost new flask {Path.Join(options.Root, "hello")}).");
            foreach (var finding in folders.SelectMany(folder => AppFolders.VenvsOf(options, folder).SelectMany(venv => Environment(folder, venv, options.Python.Executable))))
                yield return finding;
        }
        else if (named.Count == 0)
        {
            yield return Finding.Warning(Subject, $"there is no folder of apps here: make one (snakehost new flask {RootDirectory.DefaultName}/hello), or name it by --root.");
        }

        foreach (var (route, folder, venv) in named)
        {
            yield return Directory.Exists(folder) ? Finding.Good(Subject, folder) : Finding.Problem(Subject, $"{route.Key}:WorkingDirectory leads to {folder}, and there is no such folder.");
            foreach (var finding in Environment(folder, venv, options.Python.Executable))
                yield return finding;
        }
    }

    private static IEnumerable<Finding> Environment(string app, string? named, string interpreter)
    {
        var venv = named ?? PackageFolder.FindOf(app);
        var name = Path.GetFileName(app);
        if (TenantPython.Of(venv) is { } python)
        {
            yield return (python.Problem ?? python.Refusal(venv!)) is { } problem
                ? Finding.Problem(name, problem)
                : Finding.Good(name, $"{venv} is {python.Describe()}");
        }
        else if (named is not null)
        {
            yield return Finding.Problem(name, $"{named} is no virtual environment: make it (python3 -m venv {named}).");
        }
        else if (AppPackages.FindSource(app) is { } source)
        {
            yield return Finding.Warning(name, $"it has a {source} and no virtual environment: {PackageSync.CommandFor(app, null, interpreter)}");
        }
    }
}
