using SnakeHost.Gateway.Admin;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Supervision;

/// <summary>Makes one stream of the workers' events. Whoever goes by the events alone has the same states as one who asks for the list: a tenant's is the worst that it has in any worker.</summary>
/// <remarks>So a reload of several workers is told as <c>ready</c> when the last of them is ready, and <c>evicted</c> when none has the tenant any more.</remarks>
internal sealed class MergedEvents(TenantEvents events)
{
    private readonly Lock _gate = new();

    /// <summary>For each tenant the last event of each worker that says a state.</summary>
    private readonly Dictionary<string, Dictionary<int, TenantEvent>> _states = new(StringComparer.Ordinal);

    /// <param name="worker">The worker's number.</param>
    public void Add(int worker, TenantEvent next)
    {
        lock (_gate)
        {
            if (next.Kind is TenantEventKind.Evicted)
                Remove(worker, next);
            else if (Rank(next.Kind) is { } rank)
                Set(worker, next, rank);
            else
                events.Publish(next);
        }
    }

    /// <summary>What a worker has now, when it is first asked, or when events are missing.</summary>
    public void Reset(int worker, IEnumerable<TenantEvent> now)
    {
        lock (_gate)
        {
            var all = now.ToDictionary(static next => next.TenantId, StringComparer.Ordinal);
            foreach (var (tenant, of) in _states.ToList())
            {
                if (!all.ContainsKey(tenant) && of.TryGetValue(worker, out var last))
                    Remove(worker, Gone(tenant, last));
            }

            foreach (var next in all.Values)
                Set(worker, next, Rank(next.Kind)!.Value);
        }
    }

    /// <summary>The worker has ended, and with it all that it had.</summary>
    public void Leave(int worker) => Reset(worker, []);

    /// <summary>The state that a snapshot tells, as the event that would have told it.</summary>
    public static TenantEvent FromSnapshot(TenantSnapshot tenant) =>
        new(tenant.Id, Enum.Parse<TenantEventKind>(tenant.State, ignoreCase: true), tenant.Generation, DateTimeOffset.UtcNow) { Error = tenant.Error };

    private static TenantEvent Gone(string tenant, TenantEvent last) =>
        new(tenant, TenantEventKind.Evicted, last.Generation, DateTimeOffset.UtcNow) { Reason = EvictReason.Shutdown };

    /// <summary>Null for what says no state.</summary>
    private static int? Rank(TenantEventKind kind) => kind switch
    {
        TenantEventKind.Failed or TenantEventKind.TimedOut => 3,
        TenantEventKind.Loading => 2,
        TenantEventKind.Reloading => 1,
        TenantEventKind.Ready => 0,
        _ => null,
    };

    private void Set(int worker, TenantEvent next, int rank)
    {
        if (!_states.TryGetValue(next.TenantId, out var of))
            _states.Add(next.TenantId, of = []);
        var before = of.Count > 0 ? Worst(of) : null;
        of[worker] = next;
        var worst = Worst(of);
        if (Rank(worst.Kind) == rank)
            Publish(next, of);
        else if (before is null || Rank(before.Kind) != Rank(worst.Kind))
            Publish(worst, of);
    }

    private void Remove(int worker, TenantEvent evicted)
    {
        if (!_states.TryGetValue(evicted.TenantId, out var of) || !of.ContainsKey(worker))
            return;
        var before = Worst(of);
        of.Remove(worker);
        if (of.Count == 0)
        {
            _states.Remove(evicted.TenantId);
            events.Publish(evicted);
        }
        else if (Worst(of) is var worst && Rank(before.Kind) != Rank(worst.Kind))
        {
            Publish(worst, of);
        }
    }

    /// <summary>With the generation that the list tells.</summary>
    private void Publish(TenantEvent next, Dictionary<int, TenantEvent> of) =>
        events.Publish(next with { Generation = of.Values.Max(static one => one.Generation) });

    private static TenantEvent Worst(Dictionary<int, TenantEvent> of) => of.Values.MaxBy(static next => (Rank(next.Kind), next.Time))!;
}
