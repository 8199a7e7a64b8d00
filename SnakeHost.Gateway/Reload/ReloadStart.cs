using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Reload;

/// <summary>Connects the registry to the watchers before the first request.</summary>
internal sealed class ReloadStart(TenantRegistry registry, TenantFreshness freshness) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        registry.Freshness = freshness;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
