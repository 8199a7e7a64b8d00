using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Routing;

/// <summary>Finds the most specific route: first by host (exact, then the longest suffix, then any), then by path (the longest prefix).</summary>
internal sealed class RouteTable
{
    // Routes of one host, most specific path first.
    private readonly Dictionary<string, Route[]>.AlternateLookup<ReadOnlySpan<char>> _exact;
    private readonly Dictionary<string, Route[]>.AlternateLookup<ReadOnlySpan<char>> _suffix;
    private readonly Route[] _any;

    private RouteTable(IReadOnlyList<Route> routes)
    {
        Routes = routes;
        _exact = ByHost(HostPatternKind.Exact);
        _suffix = ByHost(HostPatternKind.Suffix);
        _any = [.. routes.Where(route => route.Host.Kind == HostPatternKind.Any).OrderBy(route => route.Path)];
    }

    /// <summary>In the order of the configuration.</summary>
    public IReadOnlyList<Route> Routes { get; }

    /// <exception cref="ConfigurationException">A route's value cannot be used, or two routes match the same requests.</exception>
    public static RouteTable Create(SnakeHostOptions options)
    {
        Route[] routes = [.. options.Routes.Select((route, index) => Route.Parse(route, index, options.Root))];
        foreach (var same in routes.GroupBy(route => (route.Host, Path: route.Path.ToString())))
        {
            if (same.Skip(1).FirstOrDefault() is { } second)
            {
                throw new ConfigurationException($"{second.Options.Key} is '{second}', which {same.First().Options.Key} is already: their Host or Path must differ.");
            }
        }

        return new RouteTable(routes);
    }

    /// <param name="host">As <see cref="HostName.Normalize"/> writes it.</param>
    /// <param name="path">Decoded.</param>
    /// <param name="prefixLength">The characters of the path that become SCRIPT_NAME and root_path.</param>
    /// <returns>Null when no route matches.</returns>
    public Route? Match(ReadOnlySpan<char> host, ReadOnlySpan<char> path, out int prefixLength)
    {
        if (_exact.TryGetValue(host, out var routes) && First(routes, path, out prefixLength) is { } exact) return exact;

        // From the left: the first dot starts the longest suffix.
        for (var rest = host; rest.IndexOf('.') is >= 0 and var dot; rest = rest[(dot + 1)..])
        {
            if (_suffix.TryGetValue(rest[dot..], out routes) && First(routes, path, out prefixLength) is { } suffix) return suffix;
        }

        return First(_any, path, out prefixLength);
    }

    private static Route? First(Route[] routes, ReadOnlySpan<char> path, out int prefixLength)
    {
        foreach (var route in routes)
        {
            prefixLength = route.Path.Match(path);
            if (prefixLength >= 0) return route;
        }

        prefixLength = 0;
        return null;
    }

    private Dictionary<string, Route[]>.AlternateLookup<ReadOnlySpan<char>> ByHost(HostPatternKind kind) =>
        Routes.Where(route => route.Host.Kind == kind)
            .GroupBy(route => route.Host.Value)
            .ToDictionary(group => group.Key, group => group.OrderBy(route => route.Path).ToArray(), StringComparer.Ordinal)
            .GetAlternateLookup<ReadOnlySpan<char>>();
}
