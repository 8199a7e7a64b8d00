using System.Net;
using System.Text.RegularExpressions;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Pipeline;

/// <summary>Pages that reload themselves in the browser when the app's source has changed.</summary>
public sealed partial class LiveReloadTests
{
    private const string Page =
        """
        def app(environ, start_response):
            body = b"<!doctype html><title>TITLE</title><p>hello</p>"
            start_response("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))])
            return [body]
        """;

    [Fact]
    public async Task TheErrorPage_IsToldWhenTheFileIsMended()
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = tenants.Root });
        var tenant = tenants.Add("broken", ("main.py", "raise ValueError('not yet')\n"));
        using var failed = await gateway.Client.SendAsync(HttpMethod.Get, tenant.Url("/"), null, ("Accept", "text/html"));
        var page = await failed.TextAsync(HttpStatusCode.InternalServerError);
        Assert.Contains("not yet", page, StringComparison.Ordinal);

        using var events = new StreamReader(await gateway.Client.GetStreamAsync(tenant.Url(EventSource().Match(page).Groups[1].Value), TestContext.Current.CancellationToken));
        Assert.Equal(": connected", await events.ReadLineAsync(TestContext.Current.CancellationToken));
        tenant.Write("main.py", Page);

        await ChangeAsync(events);
        Assert.Contains("<p>hello</p>", await gateway.Client.TextAsync(tenant.Url("/")), StringComparison.Ordinal);
        await gateway.StopAsync();
    }

    [Fact]
    public async Task APageOfAHealthyApp_IsToldToo_WhereTheRouteSaysSo()
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = tenants.Root, Arguments = ["--SnakeHost:RouteDefaults:Autoreload:Browser=true"] });
        var tenant = tenants.Add("healthy", ("main.py", Page.Replace("TITLE", "one", StringComparison.Ordinal)));
        var page = await gateway.Client.TextAsync(tenant.Url("/"));
        Assert.StartsWith("<!doctype html><title>one</title><p>hello</p><script src=", page, StringComparison.Ordinal);

        var script = await gateway.Client.TextAsync(tenant.Url(ScriptSource().Match(page).Groups[1].Value));
        using var events = new StreamReader(await gateway.Client.GetStreamAsync(tenant.Url(EventSource().Match(script).Groups[1].Value), TestContext.Current.CancellationToken));
        Assert.Equal(": connected", await events.ReadLineAsync(TestContext.Current.CancellationToken));
        tenant.Write("main.py", Page.Replace("TITLE", "two", StringComparison.Ordinal));

        await ChangeAsync(events);
        Assert.Contains("<title>two</title>", await gateway.Client.TextAsync(tenant.Url("/")), StringComparison.Ordinal);
        await gateway.StopAsync();
    }

    /// <summary>One of an app that lets nothing in, of one whose answer is streamed, and of one that names its scripts one by one.</summary>
    [Theory]
    [InlineData("default-src 'none'; style-src 'self'", "default-src 'none'; style-src 'self'; script-src URL; connect-src URL", null)]
    [InlineData("script-src 'self' https://cdn.test; connect-src 'none', img-src *", "script-src 'self' https://cdn.test URL; connect-src URL,img-src *", null)]
    [InlineData("script-src 'strict-dynamic' 'nonce-abc'", "script-src 'strict-dynamic' 'nonce-abc' URL", "abc")]
    public async Task APagesOwnPolicy_LetsTheScriptIn_AndNothingElse(string policy, string amended, string? nonce)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = tenants.Root, Arguments = ["--SnakeHost:RouteDefaults:Autoreload:Browser=true"] });
        var strict = Page.Replace("(\"Content-Length\", str(len(body)))", $"(\"Content-Security-Policy\", \"{policy}\")", StringComparison.Ordinal);
        foreach (var (name, source) in new[] { ("whole", strict), ("streamed", strict.Replace("return [body]", "return iter([body, b'', b'<p>more</p>'])", StringComparison.Ordinal)) })
        {
            var tenant = tenants.Add(name, ("main.py", source));
            using var response = await gateway.Client.GetAsync(tenant.Url("/"), TestContext.Current.CancellationToken);
            var script = Regex.Match(await response.TextAsync(HttpStatusCode.OK), "<script src=\"(/[^/]+/)[^\"]+\"( nonce=\"([^\"]+)\")?>");
            Assert.Equal(nonce ?? "", script.Groups[3].Value);
            Assert.Equal(amended.Replace("URL", tenant.Url(script.Groups[1].Value).AbsoluteUri, StringComparison.Ordinal), Assert.Single(response.Headers.GetValues("Content-Security-Policy")));
        }

        await gateway.StopAsync();
    }

    [Fact]
    public async Task WithoutTheOption_AHealthyPageIsLeftAsItIs()
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = tenants.Root });
        var tenant = tenants.Add("plain", ("main.py", Page));

        Assert.EndsWith("<p>hello</p>", await gateway.Client.TextAsync(tenant.Url("/")), StringComparison.Ordinal);
        await gateway.StopAsync();
    }

    private static async Task ChangeAsync(StreamReader events)
    {
        var lines = new List<string?>();
        while (await events.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
            lines.Add(line);
        Assert.Contains("event: change", lines);
    }

    [GeneratedRegex("new EventSource\\(\"([^\"]+)\"\\)")]
    private static partial Regex EventSource();

    [GeneratedRegex("<script src=\"([^\"]+)\">")]
    private static partial Regex ScriptSource();
}
