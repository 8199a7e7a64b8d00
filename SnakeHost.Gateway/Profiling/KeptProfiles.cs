using System.Collections.Concurrent;
using System.Security.Cryptography;
using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.Profiling;

/// <summary>Profiles one tenant once at a time, and keeps the last profile of each of the tenants that were profiled last.</summary>
internal sealed class KeptProfiles
{
    private const int Most = 16;

    private readonly ConcurrentDictionary<string, byte> _running = new();
    private readonly Lock _gate = new();
    private readonly List<KeptProfile> _kept = [];

    /// <summary>Null when there is no such tenant.</summary>
    /// <exception cref="NoProfileException">It is being profiled, or cannot be.</exception>
    public async Task<KeptProfile?> TakeAsync(string tenant, Func<Task<ProfileData?>> profile)
    {
        if (!_running.TryAdd(tenant, 0))
            throw new NoProfileException($"Tenant '{tenant}' is being profiled already: its profile is at GET /api/tenants/{tenant}/profile when it is done.");
        try
        {
            if (await profile() is not { } data)
                return null;
            var kept = new KeptProfile(tenant, RandomNumberGenerator.GetHexString(32, lowercase: true), ProfileReport.Of(tenant, data));
            Keep(kept);
            return kept;
        }
        finally
        {
            _running.TryRemove(tenant, out _);
        }
    }

    /// <summary>Null for none.</summary>
    public KeptProfile? Find(Predicate<KeptProfile> predicate)
    {
        lock (_gate)
            return _kept.Find(predicate);
    }

    private void Keep(KeptProfile kept)
    {
        lock (_gate)
        {
            if (_kept.RemoveAll(other => other.Tenant == kept.Tenant) == 0 && _kept.Count == Most)
                _kept.RemoveAt(0);
            _kept.Add(kept);
        }
    }
}
