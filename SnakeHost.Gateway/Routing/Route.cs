using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Routing;

/// <summary>A configured route, parsed.</summary>
internal sealed class Route
{
    private Route(RouteOptions options, int index)
    {
        Options = options;
        Index = index;
        Host = HostPattern.Parse($"{options.Key}:Host", options.Host);
        Path = PathPattern.Parse($"{options.Key}:Path", options.Path);
        Name = PlaceholderTemplate.Parse($"{options.Key}:Name", options.Name);
        App = PlaceholderTemplate.Parse($"{options.Key}:App", options.App);
        WorkingDirectory = PlaceholderTemplate.Parse($"{options.Key}:WorkingDirectory", options.WorkingDirectory);
        Venv = PlaceholderTemplate.Parse($"{options.Key}:Venv", options.Venv);
        EnvFiles = [.. options.EnvFiles.Select((file, number) => PlaceholderTemplate.Parse($"{options.Key}:EnvFiles:{number}", file))];
        Env = [.. options.Env.Select(pair => (pair.Key, PlaceholderTemplate.Parse($"{options.Key}:Env:{pair.Key}", pair.Value)))];
        IEnumerable<PlaceholderTemplate> templates = [Name, App, WorkingDirectory, Venv, .. EnvFiles, .. Env.Select(entry => entry.Value)];
        Placeholders = [.. templates.SelectMany(template => template.Placeholders).Distinct()];
        Missing = templates.Select(template => template.Missing).FirstOrDefault(missing => missing is not null);
    }

    public RouteOptions Options { get; }

    /// <summary>Its place among the routes.</summary>
    public int Index { get; }

    public HostPattern Host { get; }

    public PathPattern Path { get; }

    public PlaceholderTemplate Name { get; }

    public PlaceholderTemplate App { get; }

    public PlaceholderTemplate WorkingDirectory { get; }

    public PlaceholderTemplate Venv { get; }

    public IReadOnlyList<PlaceholderTemplate> EnvFiles { get; }

    public IReadOnlyList<(string Name, PlaceholderTemplate Value)> Env { get; }

    /// <summary>All that a request must supply, each once: its values decide the tenant.</summary>
    public Placeholder[] Placeholders { get; }

    /// <summary>An environment variable without which nothing of this route resolves; null when none is missing.</summary>
    public string? Missing { get; }

    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    public static Route Parse(RouteOptions options, int index, string root)
    {
        var route = new Route(options, index);
        RouteValidator.Validate(route, root);
        return route;
    }

    public override string ToString() => $"{Host}{Path}";
}
