using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Pipeline;

/// <summary>Small limits: common ones, a route's own, and none.</summary>
public sealed class LimitGateway() : GatewayFixture(
[
    "--SnakeHost:Limits:MaxRequestBodySize=64KB", "--SnakeHost:Limits:MaxRequestHeadersSize=2KB", "--SnakeHost:Limits:MaxRequestHeaderCount=10",
    "--SnakeHost:Limits:MaxRequestLineSize=512",
    .. SharedGateway.Route(0, ("Host", "*.localhost")),
    .. SharedGateway.Route(1, ("Host", "*.small"), ("MaxRequestBodySize", "100")),
    .. SharedGateway.Route(2, ("Host", "*.any"), ("MaxRequestBodySize", "-1")),
]);
