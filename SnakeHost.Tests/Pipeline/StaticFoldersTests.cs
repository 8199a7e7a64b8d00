using System.Net;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Pipeline;

/// <summary>Folders that the gateway serves in the app's place.</summary>
public sealed class StaticFoldersTests(StaticGateway gateway) : IClassFixture<StaticGateway>
{
    private const string Style = "body{}";

    [Fact]
    [Conforms(Standard.Http, "RFC 9110, 9.3.2", "HEAD of a static file has the head of GET and no body")]
    public async Task AFile_HasItsTypeLengthAndTag_AndHeadHasThemToo()
    {
        var tenant = NewTenant();
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Head })
        {
            using var response = await AskAsync(tenant, method);
            Assert.Equal(method == HttpMethod.Get ? Style : "", await response.TextAsync(HttpStatusCode.OK));
            Assert.Equal(("text/css", (long)Style.Length), (response.Content.Headers.ContentType!.MediaType, response.Content.Headers.ContentLength));
            Assert.NotNull(response.Headers.ETag);
            Assert.NotNull(response.Content.Headers.LastModified);
            Assert.Equal(["bytes"], response.Values("Accept-Ranges"));
            Assert.Equal(["no-cache"], response.Values("Cache-Control"));
            Assert.Equal(["nosniff"], response.Values("X-Content-Type-Options"));
        }
    }

    [Fact]
    [Conforms(Standard.Http, "RFC 9110, 13.1.2", "If-None-Match with the tag of a static file, weak or in a list, or *, is answered 304 without a body; it goes before If-Modified-Since")]
    [Conforms(Standard.Http, "RFC 9110, 13.1.3", "If-Modified-Since at the time of a static file is answered 304")]
    public async Task AFileThatTheClientHas_Is304()
    {
        var tenant = NewTenant();
        using var first = await AskAsync(tenant, HttpMethod.Get);
        var (tag, time) = (first.Headers.ETag!.ToString(), first.Content.Headers.LastModified!.Value);

        foreach (var (name, value, expected) in new[]
        {
            ("If-None-Match", tag, 304), ("If-None-Match", "W/" + tag, 304), ("If-None-Match", $"\"other\", {tag}", 304), ("If-None-Match", "*", 304), ("If-None-Match", "\"other\"", 200),
            ("If-Modified-Since", time.ToString("R"), 304), ("If-Modified-Since", time.AddHours(-1).ToString("R"), 200),
            ("If-Modified-Since", "nonsense", 200), ("If-Match", tag, 200), ("If-Match", "\"other\"", 412), ("If-Unmodified-Since", time.AddHours(-1).ToString("R"), 412),
        })
        {
            using var response = await AskAsync(tenant, HttpMethod.Get, (name, value));
            Assert.Equal((name, value, expected), (name, value, (int)response.StatusCode));
            if (expected == 304)
            {
                Assert.Equal(tag, response.Headers.ETag!.ToString());
                Assert.Equal("", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            }
        }

        using var both = await AskAsync(tenant, HttpMethod.Get, ("If-None-Match", "\"other\""), ("If-Modified-Since", time.ToString("R")));
        await both.TextAsync(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("bytes=0-3", 206, "body", "bytes 0-3/6")]
    [InlineData("bytes=4-", 206, "{}", "bytes 4-5/6")]
    [InlineData("bytes=4-99", 206, "{}", "bytes 4-5/6")]
    [InlineData("bytes=-2", 206, "{}", "bytes 4-5/6")]
    [InlineData("bytes=6-", 416, "", "bytes */6")]
    [InlineData("bytes=0-1,3-4", 200, Style, null)]
    [InlineData("bytes=3-1", 200, Style, null)]
    [InlineData("lines=0-1", 200, Style, null)]
    [Conforms(Standard.Http, "RFC 9110, 14.2", "a range of a static file is answered 206, one that begins behind its end 416; several ranges, or none that can be read, the whole file")]
    public async Task ARange_IsAPartOfTheFile(string range, int status, string body, string? contentRange)
    {
        using var response = await AskAsync(NewTenant(), HttpMethod.Get, ("Range", range));

        Assert.Equal(body, await response.TextAsync((HttpStatusCode)status));
        Assert.Equal(contentRange is null ? [] : [contentRange], response.Values("Content-Range"));
    }

    [Fact]
    [Conforms(Standard.Http, "RFC 9110, 13.1.5", "a range of a static file that has changed since If-Range is the whole file")]
    public async Task ARangeOfAnotherVersion_IsTheWholeFile()
    {
        var tenant = NewTenant();
        using var first = await AskAsync(tenant, HttpMethod.Get);

        using var same = await AskAsync(tenant, HttpMethod.Get, ("Range", "bytes=0-3"), ("If-Range", first.Headers.ETag!.ToString()));
        Assert.Equal("body", await same.TextAsync(HttpStatusCode.PartialContent));
        using var changed = await AskAsync(tenant, HttpMethod.Get, ("Range", "bytes=0-3"), ("If-Range", "\"other\""));
        Assert.Equal(Style, await changed.TextAsync(HttpStatusCode.OK));
    }

    [Fact]
    public async Task AFileThatChanges_IsAnotherVersion()
    {
        var tenant = NewTenant();
        using var first = await AskAsync(tenant, HttpMethod.Get);
        tenant.Write("public/css/site.css", "body{color:red}");
        File.SetLastWriteTimeUtc(Path.Join(tenant.Directory, "public/css/site.css"), DateTime.UtcNow.AddMinutes(-5));

        using var second = await AskAsync(tenant, HttpMethod.Get, ("If-None-Match", first.Headers.ETag!.ToString()));
        Assert.Equal("body{color:red}", await second.TextAsync(HttpStatusCode.OK));
    }

    [Theory]
    [InlineData("/static/missing.css")]
    [InlineData("/static")]
    [InlineData("/static/")]
    [InlineData("/static/css")]
    [InlineData("/static/css/")]
    [InlineData("/static/index/")]
    [InlineData("/static/../main.py")]
    [InlineData("/static/%2e%2e/main.py")]
    [InlineData("/static/..%2fmain.py")]
    [InlineData("/static/..%5cmain.py")]
    [InlineData("/static/..\\main.py")]
    [InlineData("/static//main.py")]
    [InlineData("/static/css/%2e%2e/%2e%2e/main.py")]
    [InlineData("/static/css%2fsite.css")]
    [InlineData("/static/css\\site.css")]
    [InlineData("/static/.hidden")]
    [InlineData("/static/.git/config")]
    [InlineData("/static/link")]
    [InlineData("/static/up/main.py")]
    [InlineData("/staticfiles")]
    [InlineData("/STATIC/missing.css")]
    [InlineData("/static/site.css%20")]
    [InlineData("/static/css/site.css/")]
    [InlineData("/static/css/site.css//")]
    [InlineData("/static/css/site.css%2f")]
    [InlineData("/static/css/site.css/.")]
    [InlineData("/STATIC/css/site.css")]
    [InlineData("/Static/css/site.css")]
    [Conforms(Standard.Gateway, "Static folders", "no path leads out of the folder, by dots, encoded slashes, backslashes or symlinks; a folder is not listed; what is no file goes to the app")]
    public async Task WhatIsNoFileOfTheFolder_GoesToTheApp(string path)
    {
        var tenant = NewTenant().Write("public/.hidden", "secret").Write("public/.git/config", "secret").Write("public/index/index.html", "secret");
        File.CreateSymbolicLink(Path.Combine(tenant.Directory, "public", "link"), Path.Combine(tenant.Directory, "main.py"));
        Directory.CreateSymbolicLink(Path.Combine(tenant.Directory, "public", "up"), tenant.Directory);

        var response = await RawRequest.GetAsync(gateway.Process.Address, path, tenant.Host);

        Assert.Equal(200, response.Status);
        Assert.Contains("the app", response.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", response.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ALinkWithinTheFolder_IsServed_AndANulByteIsRefused()
    {
        var tenant = NewTenant();
        File.CreateSymbolicLink(Path.Combine(tenant.Directory, "public", "same.css"), Path.Combine(tenant.Directory, "public/css/site.css"));

        // Longer than its target, so that the one's length is not the other's.
        Directory.CreateSymbolicLink(Path.Combine(tenant.Directory, "public", "folder"), Path.Combine(tenant.Directory, "public/css"));
        Assert.Equal(Style, await gateway.Client.TextAsync(tenant.Url("/static/same.css")));
        Assert.Equal(Style, await gateway.Client.TextAsync(tenant.Url("/static/folder/site.css")));
        Assert.Equal(400, (await RawRequest.GetAsync(gateway.Process.Address, "/static/css/site.css%00.png", tenant.Host)).Status);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    public async Task AnotherMethod_GoesToTheApp(string method)
    {
        using var response = await AskAsync(NewTenant(), new HttpMethod(method));
        Assert.Equal("the app", await response.TextAsync(HttpStatusCode.OK));
    }

    [Fact]
    public async Task AFileOfAnUnknownKind_IsBytesAndNotGuessedAt()
    {
        var tenant = NewTenant().Write("public/data.unheard-of", "<script>");
        using var response = await gateway.Client.GetAsync(tenant.Url("/static/data.unheard-of"), TestContext.Current.CancellationToken);
        Assert.Equal("application/octet-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal(["nosniff"], response.Values("X-Content-Type-Options"));
    }

    [Fact]
    public async Task StaticMaxAge_IsWhatBrowsersAreTold_AndAMountPointStandsBeforeThePath()
    {
        var tenant = NewTenant();
        using var aged = await gateway.Client.GetAsync(new Uri($"http://{tenant.Name}.aged/static/css/site.css"), TestContext.Current.CancellationToken);
        Assert.Equal(["public, max-age=3600"], aged.Values("Cache-Control"));
        Assert.Equal(Style, await gateway.Client.TextAsync(new Uri($"http://mounted.test/{tenant.Name}/static/css/site.css")));
    }

    [Fact]
    public async Task AFolderThatIsMadeLater_IsServed()
    {
        var tenant = gateway.Tenants.AddUnique("files", ("main.py", PythonApps.Answering("def answer(path): return 'the app'")));
        Assert.Equal("the app", await gateway.Client.TextAsync(tenant.Url("/static/css/site.css")));
        tenant.Write("public/css/site.css", Style);
        Assert.Equal(Style, await gateway.Client.TextAsync(tenant.Url("/static/css/site.css")));
    }

    private Task<HttpResponseMessage> AskAsync(Tenant tenant, HttpMethod method, params (string Name, string Value)[] headers) =>
        gateway.Client.SendAsync(method, tenant.Url("/static/css/site.css"), null, headers);

    private Tenant NewTenant() => gateway.Tenants.AddUnique(
        "files", ("main.py", PythonApps.Answering("def answer(path): return 'the app'")), ("public/css/site.css", Style));
}
