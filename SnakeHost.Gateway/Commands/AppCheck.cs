using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Workers;

namespace SnakeHost.Gateway.Commands;

/// <summary>The apps' folders and their virtual environments.</summary>
internal static class AppCheck
{
    private const string Subject = "apps";

    private static readonly string[] s_environments = [".venv", "venv"];

    public static IEnumerable<Finding> Run(SnakeHostOptions options)
    {
        var single = options.Routes.Where(static route => !IsTemplate(route.WorkingDirectory)).ToList();
        if (options.Root.Length > 0 && single.Count < options.Routes.Count)
        {
            var folders = Folders(options.Root).ToList();
            yield return folders.Count > 0
                ? Finding.Good(Subject, $"{folders.Count} in {options.Root}: {string.Join(", ", folders.Select(Path.GetFileName))}")
                : Finding.Warning(Subject, $"none in {options.Root}: make one (snakehost new flask {Path.Join(options.Root, "hello")}).");
            foreach (var finding in folders.SelectMany(folder => Environment(folder, null)))
                yield return finding;
        }
        else if (single.Count == 0)
        {
            yield return Finding.Warning(Subject, $"there is no folder of apps here: make one (snakehost new flask {RootDirectory.DefaultName}/hello), or name it by --root.");
        }

        foreach (var route in single)
        {
            var folder = Path.GetFullPath(Plain(route.WorkingDirectory), options.Root.Length > 0 ? options.Root : options.BaseDirectory);
            yield return Directory.Exists(folder) ? Finding.Good(Subject, folder) : Finding.Problem(Subject, $"{route.Key}:WorkingDirectory leads to {folder}, and there is no such folder.");
            foreach (var finding in Environment(folder, route.Venv.Length > 0 && !IsTemplate(route.Venv) ? Path.GetFullPath(Plain(route.Venv), options.Root.Length > 0 ? options.Root : options.BaseDirectory) : null))
                yield return finding;
        }
    }

    private static IEnumerable<Finding> Environment(string app, string? named)
    {
        var venv = named ?? s_environments.Select(name => Path.Join(app, name)).FirstOrDefault(PackageFolder.Is);
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
        else if (File.Exists(Path.Join(app, "requirements.txt")) && HasRequirements(Path.Join(app, "requirements.txt")))
        {
            yield return Finding.Warning(name, $"it has a requirements.txt and no virtual environment: python3 -m venv {app}/.venv && {app}/.venv/bin/pip install -r {app}/requirements.txt");
        }
    }

    private static bool HasRequirements(string file) => File.ReadLines(file).Any(static line => line.TrimStart() is [not '#', ..]);

    private static IEnumerable<string> Folders(string root)
    {
        var all = new EnumerationOptions { AttributesToSkip = FileAttributes.Hidden };
        return Directory.EnumerateDirectories(root, "*", all).Where(folder => Directory.EnumerateFiles(folder, "*.py", all).Any()).Order(StringComparer.Ordinal);
    }

    private static bool IsTemplate(string text) => text.Replace("{{", "", StringComparison.Ordinal).Contains('{', StringComparison.Ordinal);

    private static string Plain(string text) => text.Replace("{{", "{", StringComparison.Ordinal).Replace("}}", "}", StringComparison.Ordinal);
}
