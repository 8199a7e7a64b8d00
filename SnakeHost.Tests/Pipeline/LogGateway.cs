using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Pipeline;

/// <summary>Logs each request as JSON.</summary>
public sealed class LogGateway() : GatewayFixture("--access-logs", "json", "--SnakeHost:RouteDefaults:Static:/static=public")
{
    private protected override void Prepare(TenantFolder tenants)
    {
        tenants.Add("wsgi", ("main.py", AccessLogTests.Wsgi), ("public/file.txt", "a file"));
        tenants.Add("asgi", ("main.py", AccessLogTests.Asgi));
    }
}
