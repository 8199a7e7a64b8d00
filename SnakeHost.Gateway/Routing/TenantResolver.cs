using System.Collections.ObjectModel;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Routing;

/// <summary>Turns a route and a request's values into a tenant. Checks every value before it becomes a path or a module, and asks the file system.</summary>
internal sealed class TenantResolver(SnakeHostOptions options, FolderIndex folders, LaterVariables later)
{
    /// <summary>Where relative paths start.</summary>
    private readonly string _base = options.Root.Length > 0 ? options.Root : options.BaseDirectory;

    public Resolution Resolve(Route route, IReadOnlyList<string> values)
    {
        var handedOver = route.Options.EnvLater ? later.Find(route.Options.EnvPrefix) : null;
        if (route.Options.EnvLater && handedOver is null)
            return new Resolution { Route = route, Reason = $"The variables of {route.Options.EnvPrefix} are not known yet.", IsPending = true };

        string Value(Placeholder placeholder) => values[Array.IndexOf(route.Placeholders, placeholder)];

        var directory = FindDirectory(route.WorkingDirectory, Value, out var real, out var reason);
        if (directory is null) return Resolution.NotFound(reason!, route);

        var app = route.App.Format(Value);
        if (route.App.Placeholders.FirstOrDefault(placeholder => !PythonName.IsDotted(Value(placeholder))) is { } bad)
        {
            return Resolution.NotFound($"The value '{Printable(Value(bad))}' of {bad} is no Python name.", route);
        }

        if (!PythonName.IsApp(app)) return Resolution.NotFound($"'{Printable(app)}' is not module:attribute or module:factory().", route);
        if (!TryVenv(route.Venv, Value, out var venv, out reason)) return Resolution.NotFound(reason!, route);

        var files = new List<string>();
        foreach (var template in route.EnvFiles)
        {
            if (EnvFilePath(template, Value, directory, out reason) is not { } file) return Resolution.NotFound(reason!, route);
            files.Add(file);
        }

        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, template) in route.Env)
        {
            if (template.Placeholders.FirstOrDefault(placeholder => !SafeName.IsText(Value(placeholder))) is { } control)
            {
                return Resolution.NotFound($"The value of {control} holds control characters.", route);
            }

            variables[name] = template.Format(Value);
        }

        foreach (var (name, value) in handedOver ?? ReadOnlyDictionary<string, string>.Empty)
            variables.TryAdd(name, value);

        var specification = new TenantSpecification
        {
            Name = route.Name.Format(Value) is { Length: > 0 } called ? called : null,
            App = app,
            Interface = route.Options.Interface,
            Lifespan = route.Options.Lifespan,
            Isolation = route.Options.Isolation,
            Processes = route.Options.Processes,
            MemoryLimit = route.Options.MemoryLimit,
            MaxRequests = route.Options.MaxRequests,
            Threads = route.Options.Threads,
            MaxBufferedRequestBody = route.Options.MaxBufferedRequestBody,
            Autoreload = route.Options.Autoreload.Enabled,
            Debugger = route.Options.Debugger is { Enabled: true } debugger ? new DebuggerSettings(debugger.Port == 0 ? null : debugger.Port, debugger.Wait) : null,
            WorkingDirectory = directory,
            Venv = venv,
            EnvFiles = files,
            Env = variables,
            PrivatePackages = route.Options.PrivatePackages,
        };
        return new Resolution { Route = route, Specification = specification, RealDirectory = real };
    }

    private string? FindDirectory(PlaceholderTemplate template, Func<Placeholder, string> value, out string? real, out string? reason)
    {
        real = null;
        if (Unsafe(template, value, out reason)) return null;
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(template.Format(value), _base));
        if (template.IsFixed)
        {
            real = RealPath.Resolve(path);
            reason = $"There is no folder {path}.";
            return real is not null && Directory.Exists(real) ? path : null;
        }

        reason = $"There is no folder {Printable(path)}.";
        if (!RealPath.IsWithin(path, _base)) return null;
        var found = template.Placeholders.Any(placeholder => placeholder.IsHost)
            ? folders.Find(_base, Path.GetRelativePath(_base, path).Split(Path.DirectorySeparatorChar))
            : Directory.Exists(path) ? path : null;
        if (found is null) return null;

        real = RealPath.Resolve(found);
        if (real is null || RealPath.Resolve(_base) is not { } root || !RealPath.IsWithin(real, root))
        {
            reason = $"The folder {found} lies outside SnakeHost:Root, which is {_base}.";
            return null;
        }

        reason = null;
        return found;
    }

    private bool TryVenv(PlaceholderTemplate template, Func<Placeholder, string> value, out string? venv, out string? reason)
    {
        venv = null;
        reason = null;
        // The folder's own comes and goes, and each load looks for it.
        if (template.Source.Length == 0)
            return true;

        if (Unsafe(template, value, out reason)) return false;
        venv = Path.TrimEndingDirectorySeparator(Path.GetFullPath(template.Format(value), _base));

        // A fixed one that is missing is the operator's mistake, which the load reports; another one is a request's.
        if (template.IsFixed || Directory.Exists(venv)) return true;
        reason = $"There is no virtual environment {Printable(venv)}.";
        return false;
    }

    private static string? EnvFilePath(PlaceholderTemplate template, Func<Placeholder, string> value, string directory, out string? reason)
    {
        if (Unsafe(template, value, out reason)) return null;
        var path = Path.GetFullPath(template.Format(value), directory);

        // Symlinks are followed when the file is read: see EnvFile.
        if (template.IsFixed || (RealPath.IsWithin(path, directory) && File.Exists(path))) return path;
        reason = $"There is no file {Printable(path)} in the working directory.";
        return null;
    }

    private static bool Unsafe(PlaceholderTemplate template, Func<Placeholder, string> value, out string? reason)
    {
        foreach (var placeholder in template.Placeholders)
        {
            if (SafeName.IsPathPart(value(placeholder))) continue;
            reason = $"The value '{Printable(value(placeholder))}' of {placeholder} is not a safe name: letters, digits, -, _ and . without a dot in front.";
            return true;
        }

        reason = null;
        return false;
    }

    // Reasons reach logs and pages: no control characters, no novels.
    private static string Printable(string value) =>
        string.Concat(value.Take(100).Select(character => char.IsControl(character) || char.IsSurrogate(character) ? '?' : character)) + (value.Length > 100 ? "…" : "");
}
