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
