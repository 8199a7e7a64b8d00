namespace SnakeHost.Gateway.Configuration;

/// <summary>What a value's type cannot say.</summary>
internal static class OptionsValidator
{
    public static void Validate(SnakeHostOptions options)
    {
        if (options.Listen.Count == 0)
        {
            throw new ConfigurationException("SnakeHost:Listen is empty: it must name at least one address, such as 127.0.0.1:9080.");
        }

        _ = options.Addresses;
        _ = options.ProxyNetworks;
        if (string.IsNullOrWhiteSpace(options.Python.Executable))
        {
            throw new ConfigurationException($"SnakeHost:Python:Executable is '{options.Python.Executable}': it must be a command or a path, such as python3.");
        }

        if (options.Admin.Address is { IsLoopback: false } && options.Admin.Token.Length == 0)
        {
            throw new ConfigurationException($"SnakeHost:Admin:Listen is '{options.Admin.Listen}', which others can reach: set SnakeHost:Admin:Token, or listen on 127.0.0.1.");
        }

        if (options.HealthPath is { Length: > 0 } and not ['/', ..])
        {
            throw new ConfigurationException($"SnakeHost:HealthPath is '{options.HealthPath}': it must be a path, such as /health.");
        }

        if (options.Workers > 1 && options.Routes.Find(route => route.Debugger.Enabled) is { } debugged)
        {
            throw new ConfigurationException($"{debugged.Key}:Debugger is 'true', but SnakeHost:Workers is '{options.Workers}': an app is debugged in one gateway.");
        }

        Patterns("SnakeHost:Reload:Include", options.Reload.Include);
        Patterns("SnakeHost:Reload:Exclude", options.Reload.Exclude);
        foreach (var route in options.Routes) Validate(route);

        // A route without a prefix may stand beside one that keeps its own: the command line speaks of all.
        if (options.Routes.FirstOrDefault(route => route.KeepPrefix) is { } first && options.Routes.TrueForAll(route => !route.KeepPrefix || route.Path.Trim('/').Length == 0))
        {
            throw new ConfigurationException($"{first.Key}:KeepPrefix is 'true', but {first.Key}:Path is '{first.Path}': there is no prefix to keep.");
        }
    }

    private static void Validate(RouteOptions route)
    {
        foreach (var name in route.Env.Keys)
        {
            if (EnvironmentName.Refusal(name) is { } reason) throw new ConfigurationException($"{route.Key}:Env:{name} cannot be set: {reason}.");
        }

        if (route is { Compress: true, Autoreload: { Enabled: true, Browser: true } })
        {
            throw new ConfigurationException($"{route.Key}:Compress is 'true', and so is {route.Key}:Autoreload:Browser, which has to write into the pages: turn one of them off.");
        }

        foreach (var package in route.PrivatePackages)
        {
            if (!PythonName.IsDotted(package) && !PythonName.IsDistribution(package))
            {
                throw new ConfigurationException($"{route.Key}:PrivatePackages holds '{package}': it must be the name of a Python package or distribution, such as django or opentelemetry-api.");
            }
        }

        foreach (var (path, folder) in route.Static)
        {
            if (!path.StartsWith('/') || path.Length == 1 || path.Contains("//", StringComparison.Ordinal))
            {
                throw new ConfigurationException($"{route.Key}:Static holds the path '{path}': it must start with / and name something, such as /static.");
            }

            if (folder.Length == 0 || folder.Contains('\0', StringComparison.Ordinal))
            {
                throw new ConfigurationException($"{route.Key}:Static:{path} is '{folder}': it must be a folder.");
            }
        }
    }

    private static void Patterns(string key, List<string> patterns)
    {
        foreach (var pattern in patterns)
        {
            if (pattern.StartsWith('/') || pattern.Split('/').Contains(".."))
            {
                throw new ConfigurationException($"{key} holds '{pattern}': it must be a name or a path inside an app's folder, such as *.html or templates/*.");
            }
        }
    }
}
