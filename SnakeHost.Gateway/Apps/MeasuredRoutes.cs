using System.Collections.Concurrent;

namespace SnakeHost.Gateway.Apps;

/// <summary>The routes of one tenant that metrics tell, the first ones. Metrics of all tenants share their points: an app with a route for each customer would take those of others.</summary>
internal sealed class MeasuredRoutes
{
    public const int Most = 200;

    private readonly ConcurrentDictionary<string, bool> _known = new(StringComparer.Ordinal);
    private int _count;

    public bool Tells(string route) => _known.ContainsKey(route) || (Volatile.Read(ref _count) < Most && TryAdd(route));

    private bool TryAdd(string route)
    {
        if (Interlocked.Increment(ref _count) <= Most && _known.TryAdd(route, true))
            return true;
        // Too many, or another request has come first with the same.
        Interlocked.Decrement(ref _count);
        return _known.ContainsKey(route);
    }
}
