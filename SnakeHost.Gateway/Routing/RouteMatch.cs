namespace SnakeHost.Gateway.Routing;

/// <param name="Route">Null when no route matches.</param>
/// <param name="PrefixLength">The characters of the decoded path that become SCRIPT_NAME and root_path.</param>
internal readonly record struct RouteMatch(Route? Route, int PrefixLength);
