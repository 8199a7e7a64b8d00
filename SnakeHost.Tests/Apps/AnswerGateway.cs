using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Apps;

/// <summary>HTTP/1 and HTTP/2 in the clear; hosts whose answers are compressed, and hosts whose are not.</summary>
public sealed class AnswerGateway() : GatewayFixture(
[
    "--autoreload=false", "--listen", "h2c://127.0.0.1:0",
    .. SharedGateway.Route(0, ("Host", "*.localhost")),
    .. SharedGateway.Route(1, ("Host", "*.packed"), ("Compress", "true")),
])
{
    private protected override void Prepare(TenantFolder tenants)
    {
        tenants.Add("wsgi", ("main.py", AnswerApps.Wsgi));
        tenants.Add("asgi", ("main.py", AnswerApps.Asgi)).Write("file.bin", new string('f', 100_000));
    }
}
