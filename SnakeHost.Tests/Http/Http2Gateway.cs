using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Http;

/// <summary>HTTP/2 by prior knowledge, a WSGI app and an ASGI app.</summary>
public sealed class Http2Gateway : GatewayFixture
{
    internal Tenant Wsgi { get; private set; } = null!;

    internal Tenant Asgi { get; private set; } = null!;

    internal Tenant[] Both => [Wsgi, Asgi];

    private protected override GatewaySettings Configure(GatewaySettings settings) => settings with { Listen = "h2c://127.0.0.1:0" };

    private protected override void Prepare(TenantFolder tenants)
    {
        Wsgi = tenants.Add("wsgi", ("main.py", PythonApps.Answering("def answer(path): return path")));
        Asgi = tenants.Add("asgi", ("main.py",
            """
            async def app(scope, receive, send):
                if scope["type"] == "websocket":
                    await receive()
                    await send({"type": "websocket.accept"})
                    await receive()
                elif scope["type"] == "http":
                    await send({"type": "http.response.start", "status": 200, "headers": []})
                    await send({"type": "http.response.body", "body": b"fine"})
            """));
    }
}
