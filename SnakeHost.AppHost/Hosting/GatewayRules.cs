using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace SnakeHost.AppHost.Hosting;

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
    }
}
