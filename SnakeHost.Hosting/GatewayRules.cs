using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace SnakeHost.Hosting;

/// <summary>What a gateway must be for the AppHost to start with it. Each refusal is a sentence that names the gateway.</summary>
internal static class GatewayRules
{
    /// <exception cref="DistributedApplicationException">Something was said of it that it would not do.</exception>
    public static void Check(SnakeGatewayResource gateway, DistributedApplicationExecutionContext context)
    {
        if (context.IsRunMode && gateway.GetReplicaCount() is > 1 and var replicas)
            throw new DistributedApplicationException($"'{gateway.Name}' cannot run in {replicas} replicas on this machine: states, output and commands of the tenants are those of one process. Leave WithReplicas to publish mode.");
        if (gateway.Annotations.OfType<EndpointAnnotation>().FirstOrDefault(endpoint => endpoint.Name is not (SnakeGatewayResource.HttpEndpoint or SnakeGatewayResource.AdminEndpoint)) is { } other)
            throw new DistributedApplicationException($"'{gateway.Name}' does not listen on an endpoint '{other.Name}', only on '{SnakeGatewayResource.HttpEndpoint}': for a port of your own use WithHttpEndpoint(port: …); HTTPS is the ingress's.");
        foreach (var route in gateway.Routes)
            CheckRoute(gateway, route);
    }

    /// <remarks>A folder's app would be loaded once more, as another tenant of nearly the same name: its states and lines would be taken for the first one's.</remarks>
    private static void CheckRoute(SnakeGatewayResource gateway, SnakeRoute route)
    {
        if (route.WorkingDirectory.Contains('{', StringComparison.Ordinal))
            return;
        var folder = gateway.AppsDirectory is { } apps ? Path.GetFullPath(route.WorkingDirectory, apps) : route.WorkingDirectory;
        if (gateway.Tenants.FirstOrDefault(tenant => TenantRules.IsSamePath(tenant.Directory, folder)) is { } tenant)
            throw new DistributedApplicationException($"A route of '{gateway.Name}', {route.Host}{route.Path}, leads to the folder of tenant '{tenant.Name}', which would be loaded a second time: give the tenant that host, by WithTenant(\"{tenant.Name}\", …, tenant => tenant.WithHost(\"{route.Host}\")).");
    }
}
