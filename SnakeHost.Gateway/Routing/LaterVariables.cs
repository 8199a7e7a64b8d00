using System.Collections.Concurrent;

namespace SnakeHost.Gateway.Routing;

/// <summary>
/// Variables of routes that are not known when the gateway starts (<see cref="Configuration.RouteOptions.EnvLater"/>): somebody is still asked for a password, a database is not there yet. They are handed
/// over by the admin listener, and until then the apps of such a route are not loaded, and no other is held up.
/// </summary>
internal sealed class LaterVariables
{
    private readonly ConcurrentDictionary<string, IReadOnlyDictionary<string, string>> _known = new(StringComparer.Ordinal);

    /// <summary>Those of a prefix; null until they are known.</summary>
    public IReadOnlyDictionary<string, string>? Find(string prefix) => _known.GetValueOrDefault(prefix);

    public void Set(string prefix, IReadOnlyDictionary<string, string> variables) => _known[prefix] = variables;
}
