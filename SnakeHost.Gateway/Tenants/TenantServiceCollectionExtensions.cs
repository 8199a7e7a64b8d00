using Microsoft.Extensions.DependencyInjection.Extensions;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Tenants;

namespace Microsoft.Extensions.DependencyInjection;

internal static class TenantServiceCollectionExtensions
{
    /// <summary>Adds the <see cref="TenantRegistry"/>. Needs an <see cref="IApplicationLoader"/>; the container disposes the registry, which drains it.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="tenants">The limits on tenants, read when the registry is made.</param>
    /// <param name="reload">The grace period, likewise.</param>
    public static IServiceCollection AddTenants(
        this IServiceCollection services, Func<IServiceProvider, TenantOptions> tenants, Func<IServiceProvider, ReloadOptions> reload)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider => new TenantRegistry(
            provider.GetRequiredService<IApplicationLoader>(),
            tenants(provider),
            reload(provider),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<TenantRegistry>>()));
        return services;
    }
}
