using System.Text.Json;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Pipeline;

/// <summary>Whom the gateway believes about a client's address, scheme and host.</summary>
public sealed class ProxyHeaderTests : IAsyncLifetime
{
    private const string Wsgi =
        """
        import json

        def app(environ, start_response):
            start_response("200 OK", [("Content-Type", "application/json")])
            return [json.dumps({"client": environ["REMOTE_ADDR"], "scheme": environ["wsgi.url_scheme"], "host": environ["HTTP_HOST"],
                                "sent": environ.get("HTTP_X_FORWARDED_FOR", "")}).encode()]
        """;

    private const string Asgi =
        """
        import json

        async def app(scope, receive, send):
            if scope["type"] != "http":
                raise RuntimeError(scope["type"])
            headers = {name.decode(): value.decode() for name, value in scope["headers"]}
            body = json.dumps({"client": scope["client"][0], "scheme": scope["scheme"], "host": headers["host"], "sent": headers.get("x-forwarded-for", "")})
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": body.encode()})
        """;

    private readonly TenantFolder _tenants = new();

    public ValueTask InitializeAsync()
    {
        _tenants.Add("wsgi", ("main.py", Wsgi));
        _tenants.Add("asgi", ("main.py", Asgi));
        _tenants.Add("203.0.113.9", ("main.py", Wsgi.Replace("environ[\"HTTP_HOST\"]", "'by address'", StringComparison.Ordinal)));
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _tenants.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    [Conforms(Standard.Gateway, "Proxies", "X-Forwarded-For and -Proto of a trusted proxy give REMOTE_ADDR, the ASGI client, the scheme and the placeholders; loopback is trusted in Development only")]
    public async Task InDevelopment_LoopbackIsTrusted()
    {
        await using var gateway = await StartAsync("Development",
            [.. SharedGateway.Route(0, ("Host", "*.localhost")), .. SharedGateway.Route(1, ("Host", "by.test"), ("WorkingDirectory", "{http.request.remote.host}"))]);
        foreach (var kind in new[] { "wsgi", "asgi" })
        {
            var seen = await AskAsync(gateway, $"{kind}.localhost", ("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "other.localhost"));
            Assert.Equal(("203.0.113.9", "https", $"{kind}.localhost", ""), Fields(seen));
            Assert.Equal("https", (await AskAsync(gateway, $"{kind}.localhost", ("X-Forwarded-Proto", "wss"))).GetProperty("scheme").GetString());
            Assert.Equal("http", (await AskAsync(gateway, $"{kind}.localhost", ("X-Forwarded-Proto", "gopher"))).GetProperty("scheme").GetString());
        }

        Assert.Equal("by address", (await AskAsync(gateway, "by.test", ("X-Forwarded-For", "203.0.113.9"))).GetProperty("host").GetString());
    }

    [Theory]
    [InlineData("Production")]
    [InlineData("Production", "--trusted-proxy", "10.0.0.0/8")]
    [InlineData("Development", "--trusted-proxy", "none")]
    [Conforms(Standard.Gateway, "Proxies", "X-Forwarded- headers of anybody else are left to the app as plain headers and change nothing")]
    public async Task WhoIsNotTrusted_IsNotBelieved(string environment, params string[] arguments)
    {
        await using var gateway = await StartAsync(environment, arguments);
        foreach (var kind in new[] { "wsgi", "asgi" })
        {
            var seen = await AskAsync(gateway, $"{kind}.localhost", ("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "other.localhost"));
            Assert.Equal(("127.0.0.1", "http", $"{kind}.localhost", "203.0.113.9"), Fields(seen));
        }
    }

    [Fact]
    [Conforms(Standard.Gateway, "Proxies", "ASPNETCORE_FORWARDEDHEADERS_ENABLED, which would believe anybody, changes nothing; 10.0.0.0/8;127.0.0.0/8 in one variable is a list")]
    public async Task TheFrameworksOwnVariable_ChangesNothing()
    {
        var environment = new Dictionary<string, string> { ["ASPNETCORE_FORWARDEDHEADERS_ENABLED"] = "true", ["SnakeHost__TrustedProxies"] = "10.0.0.0/8;192.168.0.0/16" };
        await using (var gateway = await GatewayProcess.StartAsync(new() { Root = _tenants.Root, EnvironmentName = "Production", Environment = environment }))
            Assert.Equal("http", (await AskAsync(gateway, "wsgi.localhost", ("X-Forwarded-Proto", "https"))).GetProperty("scheme").GetString());

        environment["SnakeHost__TrustedProxies"] = "10.0.0.0/8;127.0.0.0/8";
        await using (var gateway = await GatewayProcess.StartAsync(new() { Root = _tenants.Root, EnvironmentName = "Production", Environment = environment }))
            Assert.Equal("https", (await AskAsync(gateway, "wsgi.localhost", ("X-Forwarded-Proto", "https"))).GetProperty("scheme").GetString());
    }

    [Fact]
    [Conforms(Standard.Gateway, "Proxies", "a list of addresses is read from its end, to the first that no trusted proxy wrote")]
    public async Task AListIsReadFromItsEnd()
    {
        await using var gateway = await StartAsync("Production", ["--trusted-proxy", "127.0.0.1", "--trusted-proxy", "10.0.0.0/8", "--SnakeHost:TrustForwardedHost=true"]);

        var seen = await AskAsync(gateway, "other.localhost",
            ("X-Forwarded-For", "198.51.100.1, 203.0.113.9, 10.1.2.3"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "wsgi.localhost"));

        // What 203.0.113.9 says of 198.51.100.1 is a client's word. The host is a proxy's here, and chooses the app.
        Assert.Equal(("203.0.113.9", "https", "wsgi.localhost", "198.51.100.1"), Fields(seen));
    }

    private static (string?, string?, string?, string?) Fields(JsonElement seen) =>
        (seen.GetProperty("client").GetString(), seen.GetProperty("scheme").GetString(), seen.GetProperty("host").GetString(), seen.GetProperty("sent").GetString());

    private static async Task<JsonElement> AskAsync(GatewayProcess gateway, string host, params (string Name, string Value)[] headers)
    {
        using var response = await gateway.Client.SendAsync(HttpMethod.Get, new Uri($"http://{host}/"), null, headers);
        using var document = JsonDocument.Parse(await response.TextAsync(System.Net.HttpStatusCode.OK));
        return document.RootElement.Clone();
    }

    private Task<GatewayProcess> StartAsync(string environment, IReadOnlyList<string> arguments) =>
        GatewayProcess.StartAsync(new() { Root = _tenants.Root, EnvironmentName = environment, Arguments = arguments });
}
