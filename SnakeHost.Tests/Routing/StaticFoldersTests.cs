using System.Net;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Routing;

/// <summary>Folders that the gateway serves in the app's place, and the access log.</summary>
public sealed class StaticFoldersTests : IAsyncLifetime
{
    private readonly TenantFolder _tenants = new();
    private GatewayProcess? _gateway;

    public async ValueTask InitializeAsync() => _gateway = await GatewayProcess.StartAsync(new()
    {
        Root = _tenants.Root,
        Arguments = ["--SnakeHost:EveryRoute:Static:/static=public", "--access-logs"],
    });

    public async ValueTask DisposeAsync()
    {
        await _gateway!.DisposeAsync();
        _tenants.Dispose();
    }

    [Fact]
    public async Task AFile_IsServedWithItsTypeAndETag_AndInRanges()
    {
        var tenant = NewTenant();
        using var whole = await _gateway!.Client.GetAsync(tenant.Url("/static/css/site.css"), TestContext.Current.CancellationToken);
        Assert.Equal("body{}", await whole.TextAsync(HttpStatusCode.OK));
        Assert.Equal("text/css", whole.Content.Headers.ContentType!.MediaType);

        using var same = await _gateway.Client.SendAsync(HttpMethod.Get, tenant.Url("/static/css/site.css"), null, ("If-None-Match", whole.Headers.ETag!.ToString()));
        Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);
        using var part = await _gateway.Client.SendAsync(HttpMethod.Get, tenant.Url("/static/css/site.css"), null, ("Range", "bytes=0-3"));
        Assert.Equal("body", await part.TextAsync(HttpStatusCode.PartialContent));
    }

    [Theory]
    [InlineData("/static/missing.css")]
    [InlineData("/static/../main.py")]
    [InlineData("/static/..%2fmain.py")]
    [InlineData("/static/.hidden")]
    [InlineData("/static/link")]
    [InlineData("/staticfiles")]
    public async Task WhatIsNoFileOfTheFolder_GoesToTheApp(string path)
    {
        var tenant = NewTenant();
        tenant.Write("public/.hidden", "secret");
        File.CreateSymbolicLink(Path.Combine(tenant.Directory, "public", "link"), Path.Combine(tenant.Directory, "main.py"));

        Assert.Equal("the app", await _gateway!.Client.TextAsync(tenant.Url(path)));
    }

    [Fact]
    public async Task EachRequest_IsALineOfTheAccessLog()
    {
        var tenant = NewTenant();
        using var response = await _gateway!.Client.SendAsync(HttpMethod.Get, tenant.Url("/page?x=1"), null, ("User-Agent", "a \"quoted\" agent"));
        await response.TextAsync(HttpStatusCode.OK);

        await _gateway.Output.WaitForAsync(
            line => line.Contains("\"GET /page?x=1 HTTP/1.1\" 200 7 \"-\" \"a \\\"quoted\\\" agent\"", StringComparison.Ordinal), "the line of the request");
    }

    private Tenant NewTenant() => _tenants.AddUnique(
        "files", ("main.py", PythonApps.Answering("def answer(path): return 'the app'")), ("public/css/site.css", "body{}"));
}
