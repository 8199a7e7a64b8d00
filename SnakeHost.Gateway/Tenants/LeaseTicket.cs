namespace SnakeHost.Gateway.Tenants;

/// <summary>
/// What makes a lease end once although the lease is a struct and can be copied: a lease holds the ticket's version at its start and ends by
/// moving it on. Tickets are used again, from a small stack per thread, so that a request allocates none.
/// </summary>
internal sealed class LeaseTicket
{
    private const int Kept = 64;

    [ThreadStatic]
    private static Stack? s_free;

    private long _version;

    public long Version => Volatile.Read(ref _version);

    public static LeaseTicket Rent()
    {
        var free = s_free;
        return free is { Count: > 0 } ? free.Tickets[--free.Count] : new LeaseTicket();
    }

    /// <summary>True for the first who ends the lease that began at <paramref name="version"/>.</summary>
    public bool TryEnd(long version)
    {
        if (Interlocked.CompareExchange(ref _version, version + 1, version) != version)
            return false;
        var free = s_free ??= new Stack();
        if (free.Count < Kept)
            free.Tickets[free.Count++] = this;
        return true;
    }

    private sealed class Stack
    {
        public readonly LeaseTicket[] Tickets = new LeaseTicket[Kept];
        public int Count;
    }
}
