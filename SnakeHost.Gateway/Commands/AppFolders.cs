using System.Text.RegularExpressions;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Routing;

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

    /// <summary>
    /// The environments that an app's folder gets from the routes that lead to it, each once; null stands for its own, which it has without a route too. None where only a request tells.
    /// </summary>
    /// <exception cref="ConfigurationException">A template cannot be read.</exception>
    public static IReadOnlyList<string?> VenvsOf(SnakeHostOptions options, string folder)
    {
        var start = options.Root.Length > 0 ? options.Root : options.BaseDirectory;
        var (isServed, found) = (false, new List<string?>());
        foreach (var route in options.Routes)
        {
            var directory = PlaceholderTemplate.Parse($"{route.Key}:WorkingDirectory", route.WorkingDirectory);
            if (directory.Missing is not null || ValuesOf(directory, start, folder) is not { } values)
                continue;
            isServed = true;
            var venv = PlaceholderTemplate.Parse($"{route.Key}:Venv", route.Venv);
            if (venv.Missing is null && venv.Placeholders.All(values.ContainsKey))
                found.Add(venv.Source.Length == 0 ? null : Path.TrimEndingDirectorySeparator(Path.GetFullPath(venv.Format(placeholder => values[placeholder]), start)));
        }

        return isServed ? [.. found.Distinct()] : [null];
    }

    /// <summary>What a request supplies that leads to a folder; null when none does.</summary>
    private static Dictionary<Placeholder, string>? ValuesOf(PlaceholderTemplate template, string start, string folder)
    {
        // A control character is in no value, and is part of a path like any other.
        var marks = template.Placeholders.Select(static (placeholder, index) => (placeholder, Mark: $"\u0001{index}\u0001")).ToList();
        var pattern = Regex.Escape(Path.TrimEndingDirectorySeparator(Path.GetFullPath(template.Format(placeholder => marks.Find(mark => mark.placeholder == placeholder).Mark), start)));
        foreach (var (index, (_, mark)) in marks.Index())
        {
            var first = pattern.IndexOf(mark, StringComparison.Ordinal);
            pattern = $"{pattern[..first]}(?<p{index}>[^/]+){pattern[(first + mark.Length)..].Replace(mark, $"\\k<p{index}>", StringComparison.Ordinal)}";
        }

        if (Regex.Match(folder, $@"\A{pattern}\z", RegexOptions.CultureInvariant) is not { Success: true } match)
            return null;
        // Hosts have no case.
        return marks.Index().ToDictionary(static entry => entry.Item.placeholder, entry => match.Groups[$"p{entry.Index}"].Value is var value && entry.Item.placeholder.IsHost ? value.ToLowerInvariant() : value);
    }

    /// <summary>Those in a folder of apps.</summary>
    public static IEnumerable<string> Below(string root) => Directory.EnumerateDirectories(root, "*", s_all).Where(IsApp).Order(StringComparer.Ordinal);

    public static bool IsApp(string folder) => Directory.EnumerateFiles(folder, "*.py", s_all).Any();

    private static bool IsTemplate(string text) => text.Replace("{{", "", StringComparison.Ordinal).Contains('{', StringComparison.Ordinal);

    private static string Plain(string text) => text.Replace("{{", "{", StringComparison.Ordinal).Replace("}}", "}", StringComparison.Ordinal);
}
