using System.Net;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Listening;

/// <summary>HTTPS with certificate files, with the development certificate, and without any; HTTP/2 with and without TLS.</summary>
public sealed class HttpsTests : IDisposable
{
    private const string Wsgi =
        """
        def app(environ, start_response):
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [(environ["wsgi.url_scheme"] + " " + environ["SERVER_PROTOCOL"]).encode()]
        """;

    private const string Asgi =
        """
        async def app(scope, receive, send):
            if scope["type"] != "http":
                raise RuntimeError(scope["type"])
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": (scope["scheme"] + " HTTP/" + scope["http_version"]).encode()})
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly TenantFolder _tenants = new();

    public HttpsTests()
    {
        _tenants.Add("wsgi", ("main.py", Wsgi));
        _tenants.Add("asgi", ("main.py", Asgi));
    }

    public void Dispose()
    {
        _folder.Dispose();
        _tenants.Dispose();
    }

    [Fact]
    [Conforms(Standard.Http, "RFC 9113, 3.2 and 3.3", "HTTP/2 is chosen by ALPN over TLS, and by prior knowledge at an address h2c://")]
    [Conforms(Standard.Gateway, "HTTPS", "the scheme of a request over TLS is https to WSGI and ASGI apps, over HTTP/1.1 and HTTP/2")]
    public async Task OverTls_TheSchemeIsHttps_AndHttp2IsChosenByAlpn()
    {
        var certificate = TestCertificate.Write(_folder, "site", "*.localhost");
        await using var gateway = await StartAsync("--listen", "https://127.0.0.1:0", "--listen", "h2c://127.0.0.1:0", "--cert", certificate.CertificateFile, "--key", certificate.KeyFile);
        using var tls = TlsGateway.Client(TlsGateway.Address(gateway, 1));
        using var clear = TlsGateway.Client(TlsGateway.Address(gateway, 2));

        Assert.Equal("https HTTP/2", await AskAsync(tls, "https://wsgi.localhost", 2));
        Assert.Equal("https HTTP/2", await AskAsync(tls, "https://asgi.localhost", 2));
        Assert.Equal("https HTTP/1.1", await AskAsync(tls, "https://wsgi.localhost", 1));
        Assert.Equal("https HTTP/1.1", await AskAsync(tls, "https://asgi.localhost", 1));
        Assert.Equal("http HTTP/2", await AskAsync(clear, "http://wsgi.localhost", 2));
        Assert.Equal("http HTTP/2", await AskAsync(clear, "http://asgi.localhost", 2));
        Assert.Equal("http HTTP/1.1", await gateway.Client.TextAsync(new Uri("http://wsgi.localhost/")));
    }

    [Theory]
    [InlineData("wsgi")]
    [InlineData("asgi")]
    public async Task AClientThatEndsItsSending_GetsItsAnswer(string kind)
    {
        var certificate = TestCertificate.Write(_folder, "site", "*.localhost");
        await using var gateway = await StartAsync("--listen", "https://127.0.0.1:0", "--cert", certificate.CertificateFile, "--key", certificate.KeyFile);
        await gateway.Client.TextAsync(new Uri($"http://{kind}.localhost/"));

        var answer = await TlsGateway.SendAndEndAsync(TlsGateway.Address(gateway, 1), $"POST / HTTP/1.1\r\nHost: {kind}.localhost\r\nContent-Length: 5\r\n\r\nhello");

        Assert.EndsWith("\r\n\r\nhttps HTTP/1.1", answer, StringComparison.Ordinal);
    }

    [Fact]
    [Conforms(Standard.Gateway, "HTTPS", "the certificate is chosen by SNI: a configured host before a suffix before the names in a certificate; the first one for anybody else")]
    public async Task TheNameThatIsAskedFor_ChoosesTheCertificate()
    {
        var first = TestCertificate.Write(_folder, "first", "first.test");
        var exact = TestCertificate.Write(_folder, "exact", "unrelated.test");
        var suffix = TestCertificate.Write(_folder, "suffix", "unrelated.test");
        var named = TestCertificate.Write(_folder, "named", "*.named.test", "alias.test");
        await using var gateway = await StartAsync(
        [
            "--listen", "https://127.0.0.1:0",
            .. Entry(0, first, "first.test"), .. Entry(1, suffix, "*.example.com"), .. Entry(2, exact, "app.example.com"), .. Entry(3, named, null),
        ]);
        var address = TlsGateway.Address(gateway, 1);

        foreach (var (host, expected) in new[]
        {
            ("app.example.com", exact), ("APP.example.com", exact), ("other.example.com", suffix), ("a.b.example.com", suffix), ("example.com", first),
            ("x.named.test", named), ("alias.test", named), ("named.test", first), ("nobody.test", first), ("", first),
        })
        {
            Assert.Equal((host, expected.Thumbprint), (host, await TlsGateway.ThumbprintAsync(address, host)));
        }
    }

    [Fact]
    [Conforms(Standard.Gateway, "HTTPS", "a renewed certificate is used from the next connection on, a link that is re-pointed too; one that cannot be used leaves the one before in place")]
    public async Task ARenewedCertificate_IsUsedWithoutARestart()
    {
        var old = TestCertificate.Write(_folder, "old", "site.test");
        var renewed = TestCertificate.Write(_folder, "renewed", "site.test");
        var (certificate, key) = (Path.Join(_folder.Path, "live.pem"), Path.Join(_folder.Path, "live.key"));
        Link(certificate, old.CertificateFile);
        Link(key, old.KeyFile);
        await using var gateway = await StartAsync("--listen", "https://127.0.0.1:0", "--cert", certificate, "--key", key);
        var address = TlsGateway.Address(gateway, 1);
        Assert.Equal(old.Thumbprint, await TlsGateway.ThumbprintAsync(address, "site.test"));

        // As tools for renewal do it, one after the other: in between the two do not fit.
        Link(certificate, renewed.CertificateFile);
        Assert.Equal(old.Thumbprint, await TlsGateway.ThumbprintAsync(address, "site.test"));
        await gateway.Output.WaitForLineAsync("has changed but cannot be used, so the one from before is");
        Link(key, renewed.KeyFile);
        Assert.Equal(renewed.Thumbprint, await TlsGateway.ThumbprintAsync(address, "site.test"));

        File.Delete(certificate);
        Assert.Equal(renewed.Thumbprint, await TlsGateway.ThumbprintAsync(address, "site.test"));
    }

    [Fact]
    public async Task WithoutACertificate_TheDevelopmentCertificateIsMissed_InOneSentence()
    {
        await using var run = GatewayRun.Start(Settings("--listen", "https://127.0.0.1:0") with { Environment = Home() });

        Assert.Equal(2, await run.WaitForExitAsync());
        Assert.Equal(
            "SnakeHost:Listen holds https on port 0, but there is no certificate: name one by SnakeHost:Certificates (--cert FILE --key FILE), or make the development certificate by 'dotnet dev-certs https'.",
            Assert.Single(run.Errors.All));
    }

    [Fact]
    public async Task TheDevelopmentCertificate_IsUsed()
    {
        var made = ChildProcess.Start(new System.Diagnostics.ProcessStartInfo("dotnet", ["dev-certs", "https"]) { Environment = { ["HOME"] = _folder.Path, ["DOTNET_CLI_HOME"] = _folder.Path, ["DOTNET_GENERATE_ASPNET_CERTIFICATE"] = "false" }, RedirectStandardOutput = true, RedirectStandardError = true });
        var said = await made.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(Directory.Exists(Path.Join(_folder.Path, ".dotnet", "corefx")), said);
        await using var gateway = await GatewayProcess.StartAsync(Settings("--listen", "https://127.0.0.1:0") with { Environment = Home() });
        using var tls = TlsGateway.Client(TlsGateway.Address(gateway, 1));

        Assert.Equal("https HTTP/2", await AskAsync(tls, "https://wsgi.localhost", 2));
    }

    [Theory]
    [InlineData("no certificate", "no key")]
    [InlineData("", "")]
    public async Task AFileThatHoldsNoCertificate_StopsTheStart(string certificate, string key)
    {
        var (file, keyFile) = (_folder.File("bad.pem", certificate), _folder.File("bad.key", key));
        await using var run = GatewayRun.Start(Settings("--listen", "https://127.0.0.1:0", "--cert", file, "--key", keyFile));

        Assert.Equal(2, await run.WaitForExitAsync());
        Assert.StartsWith($"SnakeHost:Certificates:0:Certificate is '{file}', with the key '{keyFile}': ", Assert.Single(run.Errors.All), StringComparison.Ordinal);
    }

    private static async Task<string> AskAsync(HttpClient client, string url, int version)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(url)) { Version = new Version(version, version == 1 ? 1 : 0), VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return await response.TextAsync(HttpStatusCode.OK);
    }

    private static IEnumerable<string> Entry(int number, TestCertificate certificate, string? host) =>
    [
        $"--SnakeHost:Certificates:{number}:Certificate={certificate.CertificateFile}", $"--SnakeHost:Certificates:{number}:Key={certificate.KeyFile}",
        .. host is null ? Array.Empty<string>() : [$"--SnakeHost:Certificates:{number}:Hosts:0={host}"],
    ];

    /// <summary>Puts the link in place in one step, whether there is one or not.</summary>
    private static void Link(string path, string target)
    {
        File.CreateSymbolicLink(path + ".new", target);
        File.Move(path + ".new", path, overwrite: true);
    }

    private Dictionary<string, string> Home() => new() { ["HOME"] = _folder.Path };

    private GatewaySettings Settings(params string[] arguments) => new() { Root = _tenants.Root, Arguments = arguments };

    private Task<GatewayProcess> StartAsync(params string[] arguments) => GatewayProcess.StartAsync(Settings(arguments));
}
