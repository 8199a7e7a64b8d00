using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Pipeline;

/// <summary>Hosts whose answers are compressed, and hosts whose are not.</summary>
public sealed class CompressionGateway() : GatewayFixture(
[
    "--autoreload=false",
    .. SharedGateway.Route(0, ("Host", "*.localhost"), ("Compress", "true"), ("Static:/static", "public")),
    .. SharedGateway.Route(1, ("Host", "*.plain")),
]);
