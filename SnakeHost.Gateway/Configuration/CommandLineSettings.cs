using System.CommandLine;

namespace SnakeHost.Gateway.Configuration;

/// <summary>Writes the options that were given as configuration. Paths of a command line are relative to where it was typed.</summary>
internal sealed class CommandLineSettings(CommandLineOptions options, ParseResult parsed, string currentDirectory)
{
    private const string Section = OptionsReader.Section;

    private readonly Dictionary<string, string?> _settings = new(StringComparer.OrdinalIgnoreCase);

    /// <exception cref="ConfigurationException">A value cannot be used; the sentence names the option.</exception>
    public IReadOnlyDictionary<string, string?> ToDictionary()
    {
        // Options that name an app make the one route that there is; else they hold for all that are configured.
        var single = Text(options.App) is not null || Text(options.WorkingDirectory) is not null;
        var route = $"{Section}:{(single ? nameof(SnakeHostOptions.Route) : nameof(SnakeHostOptions.RouteDefaults))}:";

        var root = Folder(options.Root);
        if (root is not null) _settings[$"{Section}:Root"] = root;
        if (single) SingleApp(route, root);

        Set<RouteOptions>(options.ServerType, route, nameof(RouteOptions.Interface));
        Set<RouteOptions>(options.Lifespan, route, nameof(RouteOptions.Lifespan));
        Set<RouteOptions>(options.Isolation, route, nameof(RouteOptions.Isolation));
        Set<RouteOptions>(options.Processes, route, nameof(RouteOptions.Processes));
        Set<RouteOptions>(options.Threads, route, nameof(RouteOptions.Threads));
        Set<RouteOptions>(options.Queue, route, nameof(RouteOptions.QueueLimit));
        Set<RouteOptions>(options.MaxBodySize, route, nameof(RouteOptions.MaxRequestBodySize));
        Set<RouteOptions>(options.Compress, route, nameof(RouteOptions.Compress));
        Set<RouteOptions>(options.Host, route, nameof(RouteOptions.Host));
        Set<RouteOptions>(options.PathPrefix, route, nameof(RouteOptions.Path));
        Set<RouteOptions>(options.KeepPrefix, route, nameof(RouteOptions.KeepPrefix));
        Set<AutoreloadOptions>(options.Autoreload, $"{route}Autoreload:", nameof(AutoreloadOptions.Enabled));
        Set<TenantOptions>(options.StartTimeout, $"{Section}:Tenants:", nameof(TenantOptions.LoadTimeout));
        Set<TenantOptions>(options.MaxDynamicApps, $"{Section}:Tenants:", nameof(TenantOptions.MaxTenants));
        Set<SnakeHostOptions>(options.Workers, $"{Section}:", nameof(SnakeHostOptions.Workers));
        Set<SnakeHostOptions>(options.AccessLogs, $"{Section}:", nameof(SnakeHostOptions.AccessLogs));
        Set<SnakeHostOptions>(options.SlowRequest, $"{Section}:", nameof(SnakeHostOptions.SlowRequest));
        Set<SnakeHostOptions>(options.TracesPerSecond, $"{Section}:", nameof(SnakeHostOptions.TracesPerSecond));
        Set<SnakeHostOptions>(options.Debug, $"{Section}:", nameof(SnakeHostOptions.DeveloperPages));
        if (_settings.GetValueOrDefault($"{Section}:DeveloperPages") == "true") _settings["Logging:LogLevel:Default"] = "Debug";

        if (Folder(options.Venv) is { } venv) _settings[$"{route}Venv"] = venv;
        Addresses();
        Proxies();
        Certificates();
        Files(route);
        Variables(route);
        Static(route);
        return _settings;
    }

    private void SingleApp(string route, string? root)
    {
        var app = Text(options.App) ?? "auto";
        if (!HasPlaceholder(app) && !PythonName.IsApp(app))
        {
            throw new ConfigurationException($"--app is '{app}': it must be module:attribute, module:factory() or auto.");
        }

        _settings[$"{route}App"] = app;
        _settings[$"{route}Autoreload:Enabled"] = "false";

        var start = root ?? currentDirectory;
        var directory = Folder(options.WorkingDirectory, start) ?? PrefixedEnvironment.Literal(start);
        _settings[$"{route}WorkingDirectory"] = directory;

        // A placeholder may not lead out of Root: without --root that is the folder in which the placeholder stands.
        if (root is null && Text(options.WorkingDirectory) is { } text && HasPlaceholder(text) && !IsEnvironment(text))
        {
            var above = text.LastIndexOf(Path.DirectorySeparatorChar, text.IndexOf('{', StringComparison.Ordinal));
            _settings[$"{Section}:Root"] = Path.GetFullPath(text[..(above + 1)], currentDirectory);
        }
    }

    private void Addresses()
    {
        if (Texts(options.Listen) is { Length: > 0 } addresses)
        {
            foreach (var address in addresses) ListenAddress.Parse("--listen", address);
            _settings[$"{Section}:Listen"] = string.Join(';', addresses);
        }

        if (Text(options.Admin) is { } admin)
        {
            if (!admin.Equals("off", StringComparison.OrdinalIgnoreCase)) AdminOptions.Parse("--admin", admin);
            _settings[$"{Section}:Admin:Listen"] = admin;
        }
    }

    private void Proxies()
    {
        if (Texts(options.TrustedProxy) is not { Length: > 0 } proxies) return;
        if (proxies is not [TrustedProxy.None])
        {
            foreach (var proxy in proxies) TrustedProxy.Parse(options.TrustedProxy.Name, proxy);
        }

        _settings[$"{Section}:TrustedProxies"] = string.Join(';', proxies);
    }

    /// <summary>Certificates, keys and domains belong together by their places.</summary>
    private void Certificates()
    {
        var (files, keys, domains) = (Texts(options.Cert) ?? [], Texts(options.Key) ?? [], Texts(options.Domain) ?? []);
        Paired(options.Key, keys, files);
        Paired(options.Domain, domains, files);
        if (files.Length > 0 && !(Texts(options.Listen) ?? []).Any(address => ListenAddress.Parse("--listen", address).Scheme == ListenScheme.Https))
        {
            throw new ConfigurationException("--cert is given, but no --listen begins with https://.");
        }

        for (var index = 0; index < files.Length; index++)
        {
            var entry = $"{Section}:Certificates:{index}:";
            _settings[entry + nameof(CertificateOptions.Certificate)] = PemFile(options.Cert, files[index]);
            if (keys.Length > 0) _settings[entry + nameof(CertificateOptions.Key)] = PemFile(options.Key, keys[index]);
            if (domains.Length > 0) _settings[entry + nameof(CertificateOptions.Hosts)] = domains[index];
        }
    }

    private static void Paired(Option option, string[] values, string[] certificates)
    {
        if (values.Length > 0 && values.Length != certificates.Length)
        {
            throw new ConfigurationException($"{option.Name} is given {values.Length} times and --cert {certificates.Length} times: they belong together by their places.");
        }
    }

    private string PemFile(Option option, string file)
    {
        var path = Path.GetFullPath(file, currentDirectory);
        return File.Exists(path) ? path : throw new ConfigurationException($"{option.Name} is '{file}': there is no file {path}.");
    }

    private void Files(string route)
    {
        if (Texts(options.EnvFile) is not { Length: > 0 } files) return;
        _settings[$"{route}EnvFiles"] = string.Join(';', files.Select(file =>
        {
            // With a placeholder it belongs to the app's folder, which is not known yet.
            if (HasPlaceholder(file)) return file;
            var path = Path.GetFullPath(file, currentDirectory);
            if (File.Exists(path)) return PrefixedEnvironment.Literal(path);
            // Where the working directory is many, each may have a file of that name.
            return HasPlaceholder(Text(options.WorkingDirectory) ?? "") && !Path.IsPathRooted(file) && !file.Split('/', '\\').Contains("..")
                ? PrefixedEnvironment.Literal(file)
                : throw new ConfigurationException($"--env-file is '{file}': there is no file {path}.");
        }));
    }

    private void Variables(string route)
    {
        foreach (var variable in Texts(options.EnvVar) ?? [])
        {
            var equals = variable.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0) throw new ConfigurationException($"--env-var is '{variable}': it must read NAME=VALUE.");
            var name = variable[..equals];
            if (EnvironmentName.Refusal(name) is { } reason) throw new ConfigurationException($"--env-var is '{variable}': {name} cannot be set: {reason}.");
            _settings[$"{route}Env:{name}"] = variable[(equals + 1)..];
        }
    }

    private void Static(string route)
    {
        var path = Text(options.StaticRoute);
        if (Folder(options.StaticPath) is { } folder)
        {
            path ??= "/static";
            if (!path.StartsWith('/') || path.Length == 1) throw new ConfigurationException($"--static-route is '{path}': it must start with / and name something, such as /static.");
            _settings[$"{route}Static:{path}"] = folder;
        }
        else if (path is not null)
        {
            throw new ConfigurationException($"--static-route is '{path}', but --static-path does not say what to serve there.");
        }
    }

    private void Set<TOptions>(Option<string> option, string prefix, string property)
    {
        if (parsed.GetResult(option) is null) return;
        var text = Text(option) ?? "true"; // Only flags may stand alone.
        OptionValue.Convert(typeof(TOptions).GetProperty(property)!, option.Name, text);
        _settings[prefix + property] = text.Trim();
    }

    private string? Folder(Option<string> option, string? start = null)
    {
        if (Text(option) is not { } text) return null;
        if (text.Length == 0) throw new ConfigurationException($"{option.Name} is '': it must be a folder.");
        start ??= currentDirectory;
        if (HasPlaceholder(text))
        {
            return Path.IsPathRooted(text) || IsEnvironment(text) ? text : Path.Join(PrefixedEnvironment.Literal(start), text);
        }

        var path = Path.GetFullPath(text, start);
        if (!Directory.Exists(path)) throw new ConfigurationException($"{option.Name} is '{text}': there is no folder {path}.");
        return option == options.Root || option == options.StaticPath ? path : PrefixedEnvironment.Literal(path);
    }

    private string? Text(Option<string> option) => parsed.GetValue(option);

    private string[]? Texts(Option<string[]> option) => parsed.GetValue(option);

    private static bool HasPlaceholder(string text) => text.Replace("{{", "", StringComparison.Ordinal).Contains('{', StringComparison.Ordinal);

    // {env.HOME}/apps is a full path already.
    private static bool IsEnvironment(string text) => text.StartsWith("{env.", StringComparison.Ordinal);
}
