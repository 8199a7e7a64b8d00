using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Tenants;

/// <summary>Two requests may wait for an app; a WSGI app has one thread.</summary>
public sealed class QueueGateway() : GatewayFixture(
[
    "--queue", "2", "--threads", "1", "--autoreload=false",
]);
