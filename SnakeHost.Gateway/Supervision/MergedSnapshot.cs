using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Supervision;

/// <summary>Makes one tenant of what several workers tell of it.</summary>
internal static class MergedSnapshot
{
    // Worst first.
    private static readonly string[] s_states = ["failed", "loading", "reloading", "ready"];

    /// <param name="all">What each worker tells, with its process.</param>
    public static IReadOnlyList<TenantSnapshot> Merge(IEnumerable<(int Pid, TenantSnapshot Tenant)> all) =>
        [.. all.GroupBy(static one => one.Tenant.Id, StringComparer.Ordinal).OrderBy(static group => group.Key, StringComparer.Ordinal).Select(static group => MergeOne([.. group]))];

    private static TenantSnapshot MergeOne(List<(int Pid, TenantSnapshot Tenant)> all)
    {
        var tenants = all.ConvertAll(static one => one.Tenant);
        // The one that says most of the app: which was found, and of which kind it is.
        var known = tenants.MaxBy(static tenant => (tenant.State == "ready", tenant.LastUsed))!;
        return known with
        {
            State = tenants.MinBy(static tenant => Array.IndexOf(s_states, tenant.State))!.State,
            Generation = tenants.Max(static tenant => tenant.Generation),
            IsStale = tenants.Exists(static tenant => tenant.IsStale),
            Modules = tenants.Max(static tenant => tenant.Modules),
            ImportMs = tenants.Max(static tenant => tenant.ImportMs),
            Reloads = tenants.Sum(static tenant => tenant.Reloads),
            Failures = tenants.Sum(static tenant => tenant.Failures),
            Requests = tenants.Sum(static tenant => tenant.Requests),
            InFlight = tenants.Sum(static tenant => tenant.InFlight),
            Waiting = tenants.Sum(static tenant => tenant.Waiting),
            Refused = tenants.Sum(static tenant => tenant.Refused),
            LastUsed = tenants.Max(static tenant => tenant.LastUsed),
            Error = tenants.Find(static tenant => tenant.Error is not null)?.Error,
            Isolation = tenants.Exists(static tenant => tenant.Isolation == "process") ? "process" : "shared",
            IsolationReason = tenants.Find(static tenant => tenant.IsolationReason is not null)?.IsolationReason,
            Processes = [.. tenants.SelectMany(static tenant => tenant.Processes)],
            Workers = [.. all.Select(static one => new TenantWorker(one.Pid, one.Tenant.State, one.Tenant.Generation, one.Tenant.Requests, one.Tenant.InFlight))],
        };
    }
}
