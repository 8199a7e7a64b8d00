using System.Net;
using System.Text.Json;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Admin;

/// <summary>The admin listener of a real gateway.</summary>
public sealed class AdminTests(AdminTests.SharedFixture fixture) : IClassFixture<AdminTests.SharedFixture>
{
    private static readonly string s_app = PythonApps.Answering("def answer(path): return 'here'");

    private readonly TenantFolder _tenants = fixture.Tenants;

    private GatewayProcess Gateway => fixture.Process;

    private AdminClient Admin => Gateway.Admin!;

    [Fact]
    public async Task ATenant_IsListedOnceItHasBeenAskedFor()
    {
        var folder = _tenants.AddUnique("shop", ("main.py", s_app));
        Assert.Null(await Admin.FindAsync(folder.Directory));
        await Gateway.Client.TextAsync(folder.Url("/"));

        var tenant = Assert.Single(await Admin.TenantsAsync(), tenant => tenant.GetProperty("workingDirectory").GetString() == folder.Directory);

        Assert.Equal(folder.Name, tenant.GetProperty("id").GetString());
        Assert.Equal("main:app", tenant.GetProperty("app").GetString());
        Assert.Equal("wsgi", tenant.GetProperty("interface").GetString());
        Assert.Equal(folder.Directory, tenant.GetProperty("workingDirectory").GetString());
        Assert.Equal("ready", tenant.GetProperty("state").GetString());
        Assert.Equal(1, tenant.GetProperty("generation").GetInt32());
        Assert.Equal(1, tenant.GetProperty("requests").GetInt64());
        Assert.Equal(JsonValueKind.Null, tenant.GetProperty("error").ValueKind);
        Assert.Equal(tenant.GetProperty("key").GetString(), (await Admin.Client.JsonAsync(At($"/api/tenants/{folder.Name}"))).GetProperty("key").GetString());
    }

    [Fact]
    public async Task Reload_LoadsTheNextGeneration_AndTellsWhoListens()
    {
        var folder = _tenants.AddUnique("shop", ("main.py", s_app));
        await Gateway.Client.TextAsync(folder.Url("/"));
        using var events = new StreamReader(await Admin.Client.GetStreamAsync(At("/api/events"), TestContext.Current.CancellationToken));
        Assert.Equal(": connected", await events.ReadLineAsync(TestContext.Current.CancellationToken));

        using var response = await Admin.Client.SendAsync(HttpMethod.Post, At($"/api/tenants/{folder.Name}/reload"), null);

        using var answer = JsonDocument.Parse(await response.TextAsync(HttpStatusCode.OK));
        Assert.Equal("loaded", answer.RootElement.GetProperty("outcome").GetString());
        Assert.Equal(2, answer.RootElement.GetProperty("generation").GetInt32());
        Assert.Equal(["reloading 2", "ready 2", "draining 1", "disposed 1"], await KindsAsync(events, folder.Name, 4));
    }

    [Fact]
    public async Task AFailingReload_SaysWhatFailedAndWhere()
    {
        var folder = _tenants.AddUnique("shop", ("main.py", s_app));
        await Gateway.Client.TextAsync(folder.Url("/"));
        folder.Write("main.py", "x = 1\nraise LookupError('gone')\n");

        using var response = await Admin.Client.SendAsync(HttpMethod.Post, At($"/api/tenants/{folder.Name}/reload"), null);

        using var answer = JsonDocument.Parse(await response.TextAsync(HttpStatusCode.OK));
        var error = answer.RootElement.GetProperty("error");
        Assert.Equal("failed", answer.RootElement.GetProperty("outcome").GetString());
        Assert.Equal(("LookupError", "gone", 2), (error.GetProperty("type").GetString(), error.GetProperty("message").GetString(), error.GetProperty("line").GetInt32()));
    }

    [Fact]
    public async Task Start_LoadsWhoAnswersAtAnAddress_OnlyOnce_AndTriesAgainWhatHasFailed()
    {
        var folder = _tenants.Add("my_shop", ("main.py", "raise LookupError('gone')\n"));

        Assert.Equal(("my_shop", "failed", 1), await StartAsync("http://my-shop.localhost/"));
        folder.Write("main.py", s_app);
        var (id, outcome, _) = await StartAsync("http://my_shop.localhost/");
        Assert.Equal(("my_shop", "loaded"), (id, outcome));
        // What has been written may count as a change once more; behind an answer it does not.
        Assert.Equal("here", await Gateway.Client.TextAsync(new Uri("http://my-shop.localhost/")));
        var generation = (await Admin.FindAsync(folder.Directory))!.Value.GetProperty("generation").GetInt32();
        Assert.Equal(("my_shop", "loaded", generation), await StartAsync("http://my-shop.localhost/"));

        using var unknown = await Admin.Client.SendAsync(HttpMethod.Post, At("/api/tenants?url=http%3A%2F%2Fnobody.localhost%2F"), null);
        Assert.Contains("There is no folder", await unknown.TextAsync(HttpStatusCode.NotFound), StringComparison.Ordinal);
        using var none = await Admin.Client.SendAsync(HttpMethod.Post, At("/api/tenants?url=shop"), null);
        Assert.Equal(HttpStatusCode.BadRequest, none.StatusCode);

        async Task<(string?, string?, int)> StartAsync(string address)
        {
            using var response = await Admin.Client.SendAsync(HttpMethod.Post, At($"/api/tenants?url={Uri.EscapeDataString(address)}"), null);
            using var answer = JsonDocument.Parse(await response.TextAsync(HttpStatusCode.OK));
            return (answer.RootElement.GetProperty("tenant").GetString(), answer.RootElement.GetProperty("outcome").GetString(), answer.RootElement.GetProperty("generation").GetInt32());
        }
    }

    [Fact]
    public async Task Evict_RemovesTheTenant_AndTheNextRequestLoadsItAgain()
    {
        var folder = _tenants.AddUnique("shop", ("main.py", s_app));
        await Gateway.Client.TextAsync(folder.Url("/"));

        using var response = await Admin.EvictAsync(folder.Name);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Null(await Admin.FindAsync(folder.Directory));
        Assert.Equal("here", await Gateway.Client.TextAsync(folder.Url("/")));
    }

    /// <summary>A platform asks by whatever address it has, and an app of that path is not in its way.</summary>
    [Fact]
    public async Task TheHealthPath_IsAnsweredWhereNoAppIs()
    {
        var folder = _tenants.AddUnique("shop", ("main.py", s_app));
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = _tenants.Root, Arguments = ["--SnakeHost:HealthPath=/health"] });

        Assert.Equal("Healthy", await gateway.Client.TextAsync(new Uri("http://10.1.2.3:8080/health")));
        Assert.Equal("here", await gateway.Client.TextAsync(folder.Url("/health")));
        using var other = await gateway.Client.GetAsync(new Uri("http://10.1.2.3:8080/healthy"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
        using var without = await Gateway.Client.GetAsync(new Uri("http://10.1.2.3:8080/health"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, without.StatusCode);
        await gateway.StopAsync();
    }

    [Fact]
    public async Task VariablesThatComeLater_HoldUpTheirAppOnly()
    {
        _tenants.Add("shop", ("main.py", PythonApps.Answering("import os\ndef answer(path): return os.environ['KEY'] + os.environ['MODE']")));
        var other = _tenants.Add("other", ("main.py", s_app));
        await using var gateway = await GatewayProcess.StartAsync(new()
        {
            Root = _tenants.Root,
            Arguments =
            [
                .. SharedGateway.Route(0, ("Host", "shop.test"), ("WorkingDirectory", "shop"), ("EnvPrefix", "SHOP_"), ("EnvLater", "true"), ("Env:MODE", "live")),
                .. SharedGateway.Route(1, ("Host", "*.localhost")),
            ],
        });
        using (var early = await gateway.Client.GetAsync(new Uri("http://shop.test/"), TestContext.Current.CancellationToken))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, early.StatusCode);
            Assert.NotNull(early.Headers.RetryAfter);
        }

        Assert.Equal("here", await gateway.Client.TextAsync(other.Url("/")));
        using var refused = await gateway.Admin!.Client.PutAsync(At("/api/variables/SHOP_"), new StringContent("{\"PYTHONPATH\":\"x\"}", System.Text.Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        using var set = await gateway.Admin.Client.PutAsync(At("/api/variables/SHOP_"), new StringContent("{\"KEY\":\"{s3cret}\",\"MODE\":\"no\"}", System.Text.Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, set.StatusCode);
        Assert.Equal("{s3cret}live", await gateway.Client.TextAsync(new Uri("http://shop.test/")));
        await gateway.StopAsync();
    }

    [Theory]
    [InlineData("GET", "/api/tenants/nobody")]
    [InlineData("POST", "/api/tenants/nobody/reload")]
    [InlineData("POST", "/api/tenants/nobody/evict")]
    public async Task AnUnknownTenant_Is404(string method, string path)
    {
        using var response = await Admin.Client.SendAsync(new HttpMethod(method), At(path), null);

        Assert.Contains("nobody", await response.TextAsync(HttpStatusCode.NotFound), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST", "/api/tenants/nobody/debug?port=99999999999", null, "99999999999")]
    [InlineData("POST", "/api/tenants/nobody/debug?wait=perhaps", null, "perhaps")]
    [InlineData("POST", "/api/tenants/nobody/install?recreate=2", null, "recreate")]
    [InlineData("PUT", "/api/variables/SHOP_", "{\"KEY\":", "variables")]
    public async Task WhatCannotBeRead_IsOneSentence_ThatNamesIt(string method, string path, string? body, string named)
    {
        using var content = body is null ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var response = await Admin.Client.SendAsync(new HttpMethod(method), At(path), content);

        using var problem = JsonDocument.Parse(await response.TextAsync(HttpStatusCode.BadRequest));
        Assert.Contains(named, problem.RootElement.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://localhost/api/tenants", "Origin", "https://evil.example")]
    [InlineData("http://localhost/api/tenants", "Sec-Fetch-Site", "cross-site")]
    [InlineData("http://rebound.example/api/tenants", "Accept", "*/*")]
    public async Task APageFromElsewhere_IsRefused(string url, string header, string value)
    {
        using var response = await Admin.Client.SendAsync(HttpMethod.Get, new Uri(url), null, (header, value));

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Fact]
    public async Task ThePage_Health_AndLiveness_Answer()
    {
        Assert.Contains("<title>SnakeHost</title>", await Admin.Client.TextAsync(At("/")), StringComparison.Ordinal);
        Assert.Equal("Healthy", await Admin.Client.TextAsync(At("/health")));
        Assert.Equal("Healthy", await Admin.Client.TextAsync(At("/alive")));
    }

    [Fact]
    public async Task Metrics_AreThereForPrometheus_WhereTheyAreWanted()
    {
        using var off = await Admin.Client.GetAsync(At("/metrics"), TestContext.Current.CancellationToken);
        Assert.Contains("SnakeHost:Admin:Metrics=true", await off.TextAsync(HttpStatusCode.NotFound), StringComparison.Ordinal);

        var tenant = _tenants.AddUnique("measured", ("main.py", PythonApps.Answering("def answer(path): return 'one'")));
        await using var measured = await GatewayProcess.StartAsync(new() { Root = _tenants.Root, Arguments = ["--SnakeHost:Admin:Metrics=true"] });
        for (var i = 0; i < 3; i++)
            await measured.Client.TextAsync(tenant.Url("/"));
        // A request is counted when its answer has ended, which is a moment after its client has it.
        await Eventually.Async(async () =>
        {
            var metrics = await measured.Admin!.Client.TextAsync(At("/metrics"));
            Assert.Matches($$"""(?m)^snakehost_request_duration_seconds_count\{[^}]*http_response_status_code="200"[^}]*snakehost_tenant="{{tenant.Name}}"[^}]*\} 3( \d+)?$""", metrics);
            Assert.Contains("http_server_request_duration_seconds_bucket", metrics, StringComparison.Ordinal);
        });
        await measured.StopAsync();
    }

    [Fact]
    public async Task WithAToken_OnlyWhoHasItIsLetIn()
    {
        await using var guarded = await GatewayProcess.StartAsync(new() { Root = _tenants.Root, Arguments = ["--SnakeHost:Admin:Token=secret"] });
        var client = guarded.Admin!.Client;

        using var without = await client.SendAsync(HttpMethod.Get, At("/api/tenants"), null);
        using var wrong = await client.SendAsync(HttpMethod.Get, At("/api/tenants"), null, ("Authorization", "Bearer secres"));
        using var right = await client.SendAsync(HttpMethod.Get, At("/api/tenants"), null, ("Authorization", "Bearer secret"));

        Assert.Equal(
            (HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized, HttpStatusCode.OK),
            (without.StatusCode, wrong.StatusCode, right.StatusCode));

        // A profile has an address that a browser can follow from anywhere, and that nobody guesses.
        var folder = _tenants.AddUnique("profiled", ("main.py", s_app));
        await guarded.Client.TextAsync(folder.Url("/"));
        using var profile = await client.SendAsync(HttpMethod.Post, At($"/api/tenants/{folder.Name}/profile?seconds=0.1"), null, ("Authorization", "Bearer secret"));
        await profile.TextAsync(HttpStatusCode.OK);
        using var followed = await client.SendAsync(HttpMethod.Get, At(profile.Content.Headers.ContentLocation!.OriginalString), null, ("Sec-Fetch-Site", "cross-site"));
        using var guessed = await client.SendAsync(HttpMethod.Get, At("/profiles/0123456789abcdef0123456789abcdef"), null);
        using var again = await client.SendAsync(HttpMethod.Get, At($"/api/tenants/{folder.Name}/profile"), null);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NotFound, HttpStatusCode.Unauthorized), (followed.StatusCode, guessed.StatusCode, again.StatusCode));
        await guarded.StopAsync();
    }

    [Fact]
    public async Task TheLog_TellsWhatAnAppPrints_AndGoesOnBehindTheLastLineSeen()
    {
        // Of its own: all lines are this test's.
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = tenants.Root });
        var app = PythonApps.Answering("def answer(path): print('asked for', path); return 'here'");
        var shop = tenants.Add("shop", ("main.py", app));
        var other = tenants.Add("other", ("main.py", app));
        await gateway.Client.TextAsync(other.Url("/other"));
        await gateway.Client.TextAsync(shop.Url("/one"));
        var (id, first) = await NextLineAsync(gateway, "/api/tenants/shop/log", lastSeen: null);
        Assert.Equal(("shop", "stdout", "asked for /one"), (first.GetProperty("tenant").GetString(), first.GetProperty("stream").GetString(), first.GetProperty("text").GetString()));

        await gateway.Client.TextAsync(shop.Url("/two"));

        Assert.Equal("asked for /two", (await NextLineAsync(gateway, "/api/log", id)).Data.GetProperty("text").GetString());
        Assert.Equal("asked for /other", (await NextLineAsync(gateway, "/api/log", "of-another-process-7")).Data.GetProperty("text").GetString());
    }

    [Fact]
    public async Task TheLog_TellsTheTracebackOfAFailedRequest()
    {
        var shop = _tenants.AddUnique("shop", ("main.py", PythonApps.Answering("def answer(path): raise LookupError('no such thing')")));
        using var response = await Gateway.Client.GetAsync(shop.Url("/"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);

        var lines = new List<(string? Stream, string? Text)>();
        for (string? id = null; lines.LastOrDefault().Text != "LookupError: no such thing";)
        {
            (id, var line) = await NextLineAsync(Gateway, $"/api/tenants/{shop.Name}/log", id);
            lines.Add((line.GetProperty("stream").GetString(), line.GetProperty("text").GetString()));
        }

        Assert.Equal("Traceback (most recent call last):", lines[0].Text);
        Assert.All(lines, line => Assert.Equal("error", line.Stream));
    }

    [Fact]
    public async Task ARoutesName_IsTheTenantsId()
    {
        var folder = _tenants.Add("code", ("main.py", s_app));
        await using var gateway = await GatewayProcess.StartAsync(new()
        {
            Root = _tenants.Root,
            Arguments =
            [
                .. SharedGateway.Route(0, ("Host", "one.test"), ("WorkingDirectory", "code"), ("Name", "first")),
                .. SharedGateway.Route(1, ("Host", "two.test"), ("WorkingDirectory", "code"), ("Name", "second")),
            ],
        });
        foreach (var host in new[] { "one.test", "two.test" })
            Assert.Equal("here", await gateway.Client.TextAsync(new Uri($"http://{host}/")));

        var tenants = await gateway.Admin!.TenantsAsync();

        Assert.Equal(["first", "second"], tenants.Select(tenant => tenant.GetProperty("id").GetString()));
        Assert.All(tenants, tenant => Assert.Equal(folder.Directory, tenant.GetProperty("workingDirectory").GetString()));
        await gateway.StopAsync();
    }

    private static async Task<(string Id, JsonElement Data)> NextLineAsync(GatewayProcess gateway, string path, string? lastSeen)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, At(path));
        if (lastSeen is not null)
            request.Headers.Add("Last-Event-ID", lastSeen);
        using var response = await gateway.Admin!.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        var id = "";
        while (await reader.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal))
                id = line[4..];
            if (!line.StartsWith("data: ", StringComparison.Ordinal))
                continue;
            using var data = JsonDocument.Parse(line[6..]);
            return (id, data.RootElement.Clone());
        }

        throw new InvalidOperationException("The log ended.");
    }

    private static Uri At(string path) => new("http://localhost" + path);

    private static async Task<List<string>> KindsAsync(StreamReader events, string tenant, int count)
    {
        var kinds = new List<string>();
        while (kinds.Count < count && await events.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (!line.StartsWith("data: ", StringComparison.Ordinal))
                continue;
            using var data = JsonDocument.Parse(line[6..]);
            if (data.RootElement.GetProperty("tenant").GetString() != tenant)
                continue;
            kinds.Add($"{data.RootElement.GetProperty("kind").GetString()} {data.RootElement.GetProperty("generation").GetInt32()}");
        }

        return kinds;
    }

    /// <summary>Without options.</summary>
    public sealed class SharedFixture : GatewayFixture;
}
