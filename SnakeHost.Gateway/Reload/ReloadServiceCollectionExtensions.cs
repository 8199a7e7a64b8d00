using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Reload;
using SnakeHost.Gateway.Tenants;

namespace Microsoft.Extensions.DependencyInjection;

internal static class ReloadServiceCollectionExtensions
{
    /// <summary>Makes apps follow their source. Adds nothing, and so costs nothing, when no route asks for it.</summary>
    /// <param name="services">Where to; needs <c>AddTenants</c>.</param>
    /// <param name="options">The routes, Root, and how to watch.</param>
    /// <param name="connect">Called once when it is made, to connect what must know of new and deleted folders.</param>
    public static IServiceCollection AddReload(
        this IServiceCollection services, SnakeHostOptions options, Action<IServiceProvider, TenantFreshness> connect)
    {
        if (!options.Routes.Exists(route => route.Autoreload.Enabled))
            return services;
        services.AddSingleton(provider =>
        {
            var freshness = new TenantFreshness(
                provider.GetRequiredService<TenantRegistry>(),
                options.Reload,
                options.Root,
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<TenantFreshness>>());
            connect(provider, freshness);
            return freshness;
        });
        services.AddHostedService<ReloadStart>();
        return services;
    }
}
