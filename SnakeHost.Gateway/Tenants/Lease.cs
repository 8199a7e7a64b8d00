using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.Tenants;

/// <summary>
/// A request's hold on a generation: while it lasts, the generation is not disposed (unless the grace period after its replacement ends first).
/// Whoever has acquired it disposes it, once.
/// </summary>
internal readonly struct Lease(Generation generation) : IDisposable
{
    public Generation Generation => generation;

    public Tenant Tenant => generation.Tenant;

    public IPythonApplication Application => generation.Application;

    public void Dispose() => generation.Release();
}
