using Microsoft.Extensions.DependencyInjection;

namespace SnakeHost.ServiceDefaults;

/// <summary>Service discovery where the feed lacks <c>Microsoft.Extensions.ServiceDiscovery</c>: what Aspire injects, and no more.</summary>
internal static class ServiceDiscovery
{
    public static IServiceCollection AddDiscovery(this IServiceCollection services) => services.AddTransient<ConfiguredServiceHandler>();

    public static IHttpClientBuilder AddDiscovery(this IHttpClientBuilder http) => http.AddHttpMessageHandler<ConfiguredServiceHandler>();
}
