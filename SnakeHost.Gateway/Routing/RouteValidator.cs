using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Routing;

/// <summary>What can be said of a route's templates before the first request.</summary>
internal static class RouteValidator
{
    public static void Validate(Route route, string root)
    {
        var key = route.Options.Key;
        if (route.App is { IsFixed: true, Missing: null } && !PythonName.IsApp(route.App.Format(_ => "")))
        {
            throw new ConfigurationException($"{key}:App is '{route.App}': it must be module:attribute, module:factory() or auto.");
        }

        if (!route.App.IsFixed && !PythonName.IsApp(route.App.Format(_ => "x")))
        {
            throw new ConfigurationException($"{key}:App is '{route.App}': with its placeholders filled in it must be module:attribute or module:factory().");
        }

        WorkingDirectory(route, $"{key}:WorkingDirectory", root);
        foreach (var file in route.EnvFiles)
        {
            if (!Path.IsPathRooted(file.Prefix) && file.Source.Split('/', '\\').Contains(".."))
            {
                throw new ConfigurationException($"{key}:EnvFiles holds '{file}': a relative file must lie in the working directory; another one is named by its full path.");
            }
        }
    }

    private static void WorkingDirectory(Route route, string key, string root)
    {
        var template = route.WorkingDirectory;
        if (template.Source.Length == 0) throw new ConfigurationException($"{key} is '': it must be a folder, such as {{http.request.host.labels.1}}.");
        if (template.IsFixed || template.Missing is not null) return;
        if (template.Source.Split('/', '\\').Contains(".."))
        {
            throw new ConfigurationException($"{key} is '{template}': with placeholders it must not hold '..'.");
        }

        if (root.Length == 0)
        {
            throw new ConfigurationException($"SnakeHost:Root is '': no folder '{RootDirectory.DefaultName}' was found in {Environment.CurrentDirectory} or above it, and {key} needs one; set SnakeHost:Root (--root) to the folder that holds the apps.");
        }

        // Any value will do to see where the fixed parts lead; values that lead elsewhere are refused for each request.
        var sample = Path.GetFullPath(template.Format(_ => "x"), root);
        if (!RealPath.IsWithin(sample, root))
        {
            throw new ConfigurationException($"{key} is '{template}': with placeholders it must lie in SnakeHost:Root, which is {root}.");
        }
    }
}
