using System.Net;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.BadInput;

/// <summary>Requests that name no tenant, or try to name what is none.</summary>
public sealed class HostAndPathTests(SharedGateways gateways) : BadAppTests(gateways)
{
    private const string Echo = "def answer(path): return path";

    /// <summary>Hosts as they stand in the request; none names a folder of Root, all are refused without an answer from an app.</summary>
    public static TheoryData<string> BadHosts =>
    [
        "absent.localhost",
        "..localhost",
        "...localhost",
        ".localhost",
        "%2e%2e.localhost",
        "..%2fapp.localhost",
        "../app.localhost",
        "app/../..localhost",
        "app\\..\\.localhost",
        "app%00.localhost",
        "app\0.localhost",
        "~root.localhost",
        "-rf.localhost",
        ".ssh.localhost",
        "nul .localhost",
        "b\u00fccher.localhost",
        new string('a', 10_000) + ".localhost",
        string.Join('.', Enumerable.Repeat("a", 2_000)) + ".localhost",
        "",
        "[::1",
        "app.localhost:99999",
        "app.localhost:port",
    ];

    [Theory, MemberData(nameof(BadHosts))]
    [Conforms(Standard.Gateway, "Routing", "a host that names no app is refused without Python")]
    public async Task AHostThatNamesNoTenant_IsRefused(string host)
    {
        var app = await ServeAsync(InstalledPythons.Default, PythonApps.Answering(Echo));

        var response = await RawRequest.GetAsync(app.Gateway.Process.Address, "/", host);

        Assert.True(response.Status is 400 or 404 or 431, response.Text);
        Assert.DoesNotContain("Traceback", response.Text, StringComparison.Ordinal);
        Assert.Equal("/fine", await app.TextAsync("/fine"));
    }

    [Fact]
    [Conforms(Standard.Gateway, "Routing", "a host has no case and no port")]
    public async Task AHostInUpperCaseOrWithAPort_IsTheSameTenant()
    {
        var app = await ServeAsync(InstalledPythons.Default, PythonApps.Answering("import os\ndef answer(path): return id(os.environ)"));

        var expected = await app.TextAsync();
        foreach (var host in new[] { app.Tenant.Host.ToUpperInvariant(), app.Tenant.Host + ":9080", app.Tenant.Name.ToUpperInvariant() + ".LocalHost:80" })
        {
            var response = await RawRequest.GetAsync(app.Gateway.Process.Address, "/", host);
            Assert.Equal(200, response.Status);
            Assert.Contains(expected, response.Body, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("/../../etc/passwd")]
    [InlineData("/%2e%2e/%2e%2e/etc/passwd")]
    [InlineData("/a/..%2f..%2fetc/passwd")]
    [InlineData("//etc/passwd")]
    [InlineData("/..\\..\\etc")]
    public async Task DotsInThePath_ReachTheAppOrNobody_AndNoFile(string target)
    {
        var app = await ServeAsync(InstalledPythons.Default, PythonApps.Answering("def answer(path): return 'app'"));

        var response = await app.RawAsync(target);

        Assert.True(response.Status is 200 or 400 or 404, response.Text);
        Assert.DoesNotContain("root:", response.Body, StringComparison.Ordinal);
        await AssertOthersAreUndisturbedAsync(app);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: HOST\r\nHost: other\r\n\r\n")]
    [InlineData("GET /\0 HTTP/1.1\r\nHost: HOST\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: HOST\r\nX-A: a\0b\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: HOST\r\nX A: b\r\n\r\n")]
    [InlineData("GET /%zz HTTP/9.9\r\nHost: HOST\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello")]
    [InlineData("POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")]
    [InlineData("\0\u0001\u0002\r\n\r\n")]
    public async Task AMalformedRequest_IsABadRequestAndNothingMore(string request)
    {
        var app = await ServeAsync(InstalledPythons.Default,
            PythonApps.Wsgi.Replace("answer(environ[\"PATH_INFO\"])", "environ[\"wsgi.input\"].read()", StringComparison.Ordinal));
        Assert.Equal("b''", await app.TextAsync());

        var response = await RawRequest.SendAsync(app.Gateway.Process.Address, request.Replace("HOST", app.Tenant.Host, StringComparison.Ordinal));

        Assert.True(response.Status is 0 or (>= 400 and < 500) or 505, response.Text);
        Assert.Equal("b''", await app.TextAsync());
    }

    [Fact]
    [Conforms(Standard.Gateway, "Routing", "a folder that a symlink brings in from outside Root is no app")]
    public async Task ALinkThatLeavesRoot_Is404()
    {
        var app = await ServeAsync(InstalledPythons.Default, PythonApps.Answering(Echo));
        using var outside = new TenantFolder();
        var secret = outside.Add("secret", ("main.py", PythonApps.Answering("def answer(path): return 'leaked'")));
        var link = app.Gateway.NewTenant("link");
        Directory.Delete(link.Directory, recursive: true);
        Directory.CreateSymbolicLink(link.Directory, secret.Directory);

        using var response = await app.Client.GetAsync(link.Url("/"), TestContext.Current.CancellationToken);

        Assert.DoesNotContain("leaked", await response.TextAsync(HttpStatusCode.NotFound), StringComparison.Ordinal);
        await AssertOthersAreUndisturbedAsync(app);
    }

    [Fact]
    public async Task ALinkThatStaysWithinRoot_IsServed()
    {
        var app = await ServeAsync(InstalledPythons.Default, PythonApps.Answering("def answer(path): return 'linked'"));
        var link = app.Gateway.NewTenant("link");
        Directory.Delete(link.Directory, recursive: true);
        Directory.CreateSymbolicLink(link.Directory, app.Tenant.Directory);

        Assert.Equal("linked", await app.Client.TextAsync(link.Url("/")));
    }

    [Fact]
    public async Task AFileInPlaceOfAFolder_Is404()
    {
        var app = await ServeAsync(InstalledPythons.Default, PythonApps.Answering(Echo));
        var file = app.Gateway.NewTenant("file");
        Directory.Delete(file.Directory, recursive: true);
        await File.WriteAllTextAsync(file.Directory, "not a folder", TestContext.Current.CancellationToken);

        using var response = await app.Client.GetAsync(file.Url("/"), TestContext.Current.CancellationToken);
        await response.TextAsync(HttpStatusCode.NotFound);
    }
}
