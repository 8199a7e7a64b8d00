using Microsoft.Extensions.DependencyInjection;

namespace SnakeHost.ServiceDefaults;

/// <summary>Service discovery by the package <c>Microsoft.Extensions.ServiceDiscovery</c>.</summary>
internal static class ServiceDiscovery
{
    public static IServiceCollection AddDiscovery(this IServiceCollection services) => services.AddServiceDiscovery();

    public static IHttpClientBuilder AddDiscovery(this IHttpClientBuilder http) => http.AddServiceDiscovery();
}
