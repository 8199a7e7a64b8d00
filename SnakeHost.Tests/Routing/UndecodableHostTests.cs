using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Routing;

/// <summary>Hosts that claim to be punycode and are not, wherever a host can stand: ASP.NET Core undoes punycode on many ways, and fails on these.</summary>
public sealed class UndecodableHostTests
{
    private static readonly string[] s_hosts =
    [
        // What has a character that no name of the DNS has, or an underscore, is translated too.
        $"~{new string('a', 70)}.localhost", $"a_{new string('a', 70)}.localhost", "a_..localhost", "a!.xn--99999999",
        "xn--99999999.localhost", "xn--.localhost", "XN--99999999.localhost:80", $"xn--{new string('a', 70)}.localhost", "wsgi.xn--99999999", "xn--a.xn--b",
    ];

    [Theory]
    [InlineData("Development")]
    [InlineData("Production")]
    [Conforms(Standard.Gateway, "Routing", "a host that claims to be punycode and is not is 404 on every listener, with one line of the access log and nothing else")]
    public async Task OnEveryListener_Is404_AndOneLineOfTheLog(string environment)
    {
        using var tenants = new TenantFolder();
        tenants.Add("wsgi", ("main.py", PythonApps.Answering("def answer(path): return 'the app'")));
        await using var gateway = await GatewayProcess.StartAsync(new()
        {
            Root = tenants.Root,
            EnvironmentName = environment,
            // The framework's own lines and traces of requests look at the host, too.
            Arguments = ["--access-logs", "--trusted-proxy", "127.0.0.1", "--SnakeHost:TrustForwardedHost=true", "--Logging:LogLevel:Microsoft.AspNetCore.Hosting=Information"],
            Environment = new Dictionary<string, string> { ["OTEL_TRACES_EXPORTER"] = "otlp", ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:1" },
        });
        foreach (var host in s_hosts)
        {
            Assert.Equal(404, (await RawRequest.GetAsync(gateway.Address, "/", host)).Status);
            Assert.Equal(404, (await RawRequest.GetAsync(gateway.Admin!.Address, "/", host)).Status);
            Assert.Equal(404, (await RawRequest.GetAsync(gateway.Address, "/", "wsgi.localhost", $"X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Host: {host}\r\n")).Status);
            Assert.Equal(404, (await RawRequest.GetAsync(gateway.Address, "/", host, "X-Forwarded-For: 192.0.2.1\r\n")).Status);
        }

        // A list is read from its end: the client's own entry in front of the proxy's means nothing.
        Assert.Equal(200, (await RawRequest.GetAsync(gateway.Address, "/", "none.localhost", "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Host: xn--99999999.localhost, wsgi.localhost\r\n")).Status);
        Assert.Equal(200, (await RawRequest.GetAsync(gateway.Address, "/last", "wsgi.localhost")).Status);

        await gateway.Output.WaitForAsync(line => line.Contains("\"GET /last ", StringComparison.Ordinal), "the line of the last request");
        var lines = gateway.Output.All.ToArray();
        Assert.Equal((3 * s_hosts.Length) + 2, lines.Count(line => line.Contains("\"GET /", StringComparison.Ordinal) && line.Contains("HTTP/1.1\"", StringComparison.Ordinal)));
        Assert.DoesNotContain(lines, line => line.TrimStart().StartsWith("at ", StringComparison.Ordinal) || line.Contains("Exception", StringComparison.Ordinal));
    }

    [Fact]
    public async Task HostsThatArePunycode_NameTheirApps_InEverySpelling()
    {
        using var tenants = new TenantFolder();
        var app =
            """
            def app(environ, start_response):
                start_response("200 OK", [("Content-Type", "text/plain")])
                return [(environ["SERVER_NAME"] + " " + environ["HTTP_HOST"]).encode()]
            """;
        tenants.Add("b\u00fccher", ("main.py", app));
        tenants.Add("\u4e2d\u6587", ("main.py", app));
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = tenants.Root });
        foreach (var host in new[] { "xn--bcher-kva.localhost", "XN--BCHER-KVA.localhost", "xn--fiq228c.localhost" })
        {
            var response = await RawRequest.GetAsync(gateway.Address, "/", host);
            Assert.Equal((200, $"{host} {host}"), (response.Status, response.Body));
        }
    }
}
