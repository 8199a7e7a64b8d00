using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.Tenants;

/// <summary>
/// A request's hold on a generation: while it lasts, the generation is not disposed (unless the grace period after its replacement ends first).
/// Disposing it ends it, once: further calls, also on copies, do nothing.
/// </summary>
internal readonly struct Lease : IDisposable, IEquatable<Lease>
{
    private readonly Generation? _generation;
    private readonly LeaseTicket? _ticket;
    private readonly long _version;

    internal Lease(Generation generation)
    {
        _generation = generation;
        _ticket = LeaseTicket.Rent();
        _version = _ticket.Version;
    }

    public Generation Generation => _generation ?? throw new InvalidOperationException("An empty lease holds no generation.");

    public Tenant Tenant => Generation.Tenant;

    public IPythonApplication Application => Generation.Application;

    public void Dispose()
    {
        if (_ticket is not null && _ticket.TryEnd(_version))
            _generation!.Release();
    }

    public bool Equals(Lease other) => ReferenceEquals(_ticket, other._ticket) && _version == other._version;

    public override bool Equals(object? obj) => obj is Lease other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_ticket, _version);
}
