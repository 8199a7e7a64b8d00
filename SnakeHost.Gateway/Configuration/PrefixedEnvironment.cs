using System.Collections;

namespace SnakeHost.Gateway.Configuration;

/// <summary>
/// Gives a route the variables of the gateway's own environment that begin with its <see cref="RouteOptions.EnvPrefix"/>. An orchestrator can set no
/// other: in a configuration key from the environment <c>__</c> is a separator, and names such as <c>services__db__tcp__0</c> hold it.
/// </summary>
internal static class PrefixedEnvironment
{
    public static void AddTo(RouteOptions route)
    {
        if (route.EnvPrefix.Length == 0)
            return;
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            var name = (string)variable.Key;
            // The value is no template: a brace in a password is a brace.
            if (name.Length > route.EnvPrefix.Length && name.StartsWith(route.EnvPrefix, StringComparison.Ordinal))
                route.Env.TryAdd(name[route.EnvPrefix.Length..], Literal((string?)variable.Value ?? ""));
        }
    }

    /// <summary>In a template a brace opens a placeholder.</summary>
    public static string Literal(string value) =>
        value.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal);
}
