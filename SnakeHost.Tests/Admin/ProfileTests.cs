using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Admin;

/// <summary>Profiles of running apps, as the admin listener gives them.</summary>
public sealed partial class ProfileTests(ProfileTests.Fixture fixture) : IClassFixture<ProfileTests.Fixture>
{
    private const string Burning =
        """
        import os, time

        def burns_NAME():
            while True:
                for _ in range(200_000):
                    pass
                if os.path.exists("stop"):
                    return

        def waits_NAME():
            while not os.path.exists("stop"):
                time.sleep(0.05)

        """;

    private const string Wsgi = Burning +
        """
        import slow_module

        def app(environ, start_response):
            if environ["PATH_INFO"] == "/burn":
                burns_NAME()
            elif environ["PATH_INFO"] == "/wait":
                waits_NAME()
            start_response("200 OK", [])
            return [b"done"]
        """;

    private const string Asgi = Burning +
        """
        import asyncio

        async def awaits_NAME():
            while not os.path.exists("stop"):
                await asyncio.sleep(0.05)

        async def app(scope, receive, send):
            if scope["type"] != "http":
                raise NotImplementedError
            if scope["path"] == "/burn":
                burns_NAME()
            elif scope["path"] == "/thread":
                await asyncio.to_thread(burns_NAME)
            elif scope["path"] == "/wait":
                await awaits_NAME()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"done"})
        """;

    private AdminClient Admin => fixture.Process.Admin!;

    [Theory]
    [InlineData("wsgi", "/burn", false)]
    [InlineData("asgi", "/burn", false)]
    [InlineData("asgi", "/thread", false)]
    [InlineData("wsgi", "/burn", true)]
    public async Task WhatBurns_IsAtLeastFourFifths_AndTwoAtOnceHaveNothingOfEachOther(string kind, string path, bool isProcess)
    {
        var (red, blue) = (await StartAsync(kind, "red", isProcess), await StartAsync(kind, "blue", isProcess));
        var answers = new[] { red, blue }.Select(tenant => fixture.Client.TextAsync(Url(tenant, path, isProcess))).ToList();
        await WaitForAsync(red, "burns_red");
        await WaitForAsync(blue, "burns_blue");
        foreach (var mode in new[] { "wall", "cpu" })
        {
            var both = await Task.WhenAll(CollapsedAsync(red, mode), CollapsedAsync(blue, mode));
            foreach (var (lines, tenant, own, other) in new[] { (both[0], red, "burns_red", "burns_blue"), (both[1], blue, "burns_blue", "burns_red") })
            {
                Assert.InRange((double)Weight(lines, own) / Weight(lines, ""), 0.8, 1);
                Assert.DoesNotContain(lines, line => line.Contains(other, StringComparison.Ordinal));
                // A second, of which in a shared process each gets about a half.
                Assert.InRange(Weight(lines, own), mode == "wall" ? 500_000 : 20_000, 20_000_000);
                Assert.All(lines, line => Assert.DoesNotContain("/snakehost/", line, StringComparison.Ordinal));
                Assert.Contains(lines, line => line.Contains(tenant.Directory, StringComparison.Ordinal));
            }
        }

        await EndAsync(answers, red, blue);
    }

    [Theory]
    [InlineData("wsgi", "waits")]
    [InlineData("asgi", "awaits")]
    public async Task WhatWaits_CountsInWallTime_NotInProcessorTime(string kind, string function)
    {
        var tenant = await StartAsync(kind, "idle", isProcess: false);
        var answer = fixture.Client.TextAsync(tenant.Url("/wait"));
        await WaitForAsync(tenant, $"{function}_idle");
        var wall = await CollapsedAsync(tenant, "wall");
        Assert.InRange(Weight(wall, $"{function}_idle"), 500_000, 10_000_000);
        Assert.InRange((double)Weight(wall, $"{function}_idle") / Weight(wall, ""), 0.8, 1);
        Assert.InRange(Weight(await CollapsedAsync(tenant, "cpu"), $"{function}_idle"), 0, 200_000);
        await EndAsync([answer], tenant);
    }

    [Fact]
    public async Task EachFormat_IsWhatItsReadersRead_AndTheLastProfileCanBeHadAgain()
    {
        var tenant = await StartAsync("wsgi", "formats", isProcess: false);
        var answer = fixture.Client.TextAsync(tenant.Url("/burn"));
        await WaitForAsync(tenant, "burns_formats");

        var page = await ProfileAsync(tenant, "seconds=1");
        Assert.Equal("text/html", page.Type);
        Assert.Contains("burns_formats", page.Text, StringComparison.Ordinal);
        // It asks nobody for anything.
        Assert.DoesNotMatch("(src|href)=\"(?!\\?format=)|url\\(|@import|fetch\\(|XMLHttpRequest", page.Text);
        using var embedded = JsonDocument.Parse(DataOfPage().Match(page.Text).Groups[1].Value);
        // The achieved rate is told.
        Assert.InRange(double.Parse(Rate().Match(embedded.RootElement.GetProperty("facts")[0].GetString()!).Groups[1].Value, CultureInfo.InvariantCulture), 1, 200);

        // The one that was taken.
        using var speedscope = JsonDocument.Parse(await Admin.Client.TextAsync(At(tenant, "profile?format=speedscope")));
        var root = speedscope.RootElement;
        Assert.Equal("https://www.speedscope.app/file-format-schema.json", root.GetProperty("$schema").GetString());
        var frames = root.GetProperty("shared").GetProperty("frames").EnumerateArray().ToList();
        Assert.Contains(frames, frame => frame.GetProperty("name").GetString() == "burns_formats" && frame.GetProperty("file").GetString() == Path.Combine(tenant.Directory, "main.py") && frame.GetProperty("line").GetInt32() == 3);
        foreach (var profile in root.GetProperty("profiles").EnumerateArray())
        {
            Assert.Equal(("sampled", "microseconds"), (profile.GetProperty("type").GetString(), profile.GetProperty("unit").GetString()));
            var weights = profile.GetProperty("weights").EnumerateArray().Select(static weight => weight.GetInt64()).ToList();
            Assert.Equal(profile.GetProperty("endValue").GetInt64() - profile.GetProperty("startValue").GetInt64(), weights.Sum());
            Assert.Equal(weights.Count, profile.GetProperty("samples").GetArrayLength());
            Assert.All(profile.GetProperty("samples").EnumerateArray().SelectMany(static sample => sample.EnumerateArray()), index => Assert.InRange(index.GetInt32(), 0, frames.Count - 1));
        }

        var collapsed = (await Admin.Client.TextAsync(At(tenant, "profile?format=collapsed"))).TrimEnd().Split('\n');
        Assert.All(collapsed, line => Assert.Matches("^[^;]+(;[^;]+)* [0-9]+$", line));
        Assert.Equal(root.GetProperty("profiles").EnumerateArray().Sum(static profile => profile.GetProperty("endValue").GetInt64()), Weight(collapsed, ""));
        await EndAsync([answer], tenant);
    }

    [Fact]
    public async Task WhatCannotBeProfiled_IsOneSentence()
    {
        var tenant = await StartAsync("wsgi", "bad", isProcess: false);
        Assert.Equal("seconds is '0': it must be a number from 0.1 to 120.", await ProblemAsync(tenant.Name, "seconds=0", HttpStatusCode.BadRequest));
        Assert.Equal("seconds is '121': it must be a number from 0.1 to 120.", await ProblemAsync(tenant.Name, "seconds=121", HttpStatusCode.BadRequest));
        Assert.Equal("seconds is 'ten': it must be a number from 0.1 to 120.", await ProblemAsync(tenant.Name, "seconds=ten", HttpStatusCode.BadRequest));
        Assert.Equal("mode is 'gil': it must be wall or cpu.", await ProblemAsync(tenant.Name, "mode=gil", HttpStatusCode.BadRequest));
        Assert.Equal("format is 'svg': it must be html, speedscope, collapsed or json.", await ProblemAsync(tenant.Name, "format=svg", HttpStatusCode.BadRequest));
        Assert.Equal("There is no tenant 'nobody'.", await ProblemAsync("nobody", "seconds=1", HttpStatusCode.NotFound));

        // Two at once: whichever the gateway sees second is refused while the first is taken.
        using var left = new CancellationTokenSource();
        Task<HttpResponseMessage>[] both = [Profile(), Profile()];
        var refused = await Task.WhenAny(both);
        using var refusal = await refused;
        Assert.Equal(
            $"Tenant '{tenant.Name}' is being profiled already: its profile is at GET /api/tenants/{tenant.Name}/profile when it is done.", await ProblemAsync(refusal, HttpStatusCode.Conflict));
        // Whoever has asked is gone, and so is the profile.
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => both.Single(post => post != refused));
        await Eventually.Async(async () =>
        {
            using var response = await Admin.Client.PostAsync(At(tenant, "profile?seconds=0.1"), null, TestContext.Current.CancellationToken);
            Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        });
        Task<HttpResponseMessage> Profile() => Admin.Client.PostAsync(At(tenant, "profile?seconds=100"), null, left.Token);

        using var evicted = await Admin.EvictAsync(tenant.Name);
        Assert.Equal($"There is no tenant '{tenant.Name}'.", await ProblemAsync(tenant.Name, "seconds=1", HttpStatusCode.NotFound));

        var failed = fixture.Tenants.AddUnique("failed", ("main.py", "raise LookupError('gone')"));
        using var answer = await fixture.Client.GetAsync(failed.Url("/"), TestContext.Current.CancellationToken);
        Assert.Equal($"Tenant '{failed.Name}' is not loaded: its state is failed.", await ProblemAsync(failed.Name, "seconds=1", HttpStatusCode.Conflict));
        using var none = await Admin.Client.GetAsync(At(failed, "profile"), TestContext.Current.CancellationToken);
        Assert.Contains("has not been profiled of late", await none.TextAsync(HttpStatusCode.NotFound), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AProfileThatNobodyWaitsFor_EndsInTheAppsProcessToo()
    {
        var tenant = await StartAsync("wsgi", "left", isProcess: true);
        var process = (await Admin.FindAsync(tenant.Directory))!.Value.GetProperty("processes")[0].GetProperty("id").GetInt32();
        using var left = new CancellationTokenSource();
        var profile = Admin.Client.PostAsync(At(tenant, "profile?seconds=100"), null, left.Token);
        await Eventually.Async(() => Task.FromResult(Assert.Single(Profilers())));
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => profile);
        await Eventually.Async(() =>
        {
            Assert.Empty(Profilers());
            return Task.CompletedTask;
        });

        // The kernel keeps 15 characters of a thread's name.
        IEnumerable<string> Profilers() => Directory.GetDirectories($"/proc/{process}/task").Where(static thread => File.ReadAllText(Path.Combine(thread, "comm")).StartsWith("SnakeHost profi", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TheLastImport_IsAListAndAFlameGraph(bool isProcess)
    {
        var tenant = await StartAsync("wsgi", "imports", isProcess);
        var modules = (await Admin.Client.JsonAsync(At(tenant, "imports"))).EnumerateArray().ToList();
        var slow = modules.Single(static module => module.GetProperty("name").GetString() == "slow_module");
        var main = modules[slow.GetProperty("parent").GetInt32()];
        Assert.Equal("main", main.GetProperty("name").GetString());
        Assert.InRange(slow.GetProperty("selfMs").GetDouble(), 50, main.GetProperty("durationMs").GetDouble());
        Assert.True(slow.GetProperty("startMs").GetDouble() >= main.GetProperty("startMs").GetDouble());

        var collapsed = (await Admin.Client.TextAsync(At(tenant, "imports?format=collapsed"))).TrimEnd().Split('\n');
        Assert.InRange(Weight(collapsed, "main;slow_module"), 50_000, 60_000_000);
        var page = await Admin.Client.TextAsync(At(tenant, "imports?format=html"));
        using var data = JsonDocument.Parse(DataOfPage().Match(page).Groups[1].Value);
        Assert.Equal(modules.Count, data.RootElement.GetProperty("imports").GetArrayLength());
    }

    private async Task<Tenant> StartAsync(string kind, string name, bool isProcess)
    {
        var tenant = fixture.Tenants.AddUnique(name, ("main.py", (kind == "wsgi" ? Wsgi : Asgi).Replace("NAME", name, StringComparison.Ordinal)), ("slow_module.py", "import time\ntime.sleep(0.05)\n"));
        Assert.Equal("done", await fixture.Client.TextAsync(Url(tenant, "/", isProcess)));
        return tenant;
    }

    private static async Task EndAsync(IReadOnlyList<Task<string>> answers, params Tenant[] tenants)
    {
        foreach (var tenant in tenants)
            tenant.Write("stop", "");
        await Task.WhenAll(answers);
    }

    private static Uri Url(Tenant tenant, string path, bool isProcess) => isProcess ? new Uri($"http://{tenant.Name}.own.localhost{path}") : tenant.Url(path);

    private static Uri At(Tenant tenant, string path) => new($"http://localhost/api/tenants/{tenant.Name}/{path}");

    private Task WaitForAsync(Tenant tenant, string function) =>
        Eventually.Async(async () => Assert.Contains($"\"{function}\"", await Admin.Client.TextAsync(At(tenant, "requests")), StringComparison.Ordinal));

    private async Task<(string Text, string? Type)> ProfileAsync(Tenant tenant, string query)
    {
        using var response = await Admin.Client.PostAsync(At(tenant, $"profile?{query}"), null, TestContext.Current.CancellationToken);
        return (await response.TextAsync(HttpStatusCode.OK), response.Content.Headers.ContentType?.MediaType);
    }

    private async Task<string[]> CollapsedAsync(Tenant tenant, string mode) =>
        (await ProfileAsync(tenant, $"seconds=1&mode={mode}&format=collapsed")).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private async Task<string?> ProblemAsync(string tenant, string query, HttpStatusCode status)
    {
        using var response = await Admin.Client.PostAsync(new Uri($"http://localhost/api/tenants/{tenant}/profile?{query}"), null, TestContext.Current.CancellationToken);
        return await ProblemAsync(response, status);
    }

    private static async Task<string?> ProblemAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        using var problem = JsonDocument.Parse(await response.TextAsync(status));
        return problem.RootElement.GetProperty("detail").GetString();
    }

    /// <summary>Of all stacks with the text in them, in µs.</summary>
    private static long Weight(IEnumerable<string> collapsed, string text) =>
        collapsed.Where(line => line.Contains(text, StringComparison.Ordinal)).Sum(line => long.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));

    [GeneratedRegex("<script type=\"application/json\" id=\"data\">(.*)</script>")]
    private static partial Regex DataOfPage();

    [GeneratedRegex(": ([0-9]+) a second")]
    private static partial Regex Rate();

    /// <summary>In Production: the admin listener is the guard.</summary>
    public sealed class Fixture() : GatewayFixture(
    [
        .. SharedGateway.Route(0, ("Host", "*.own.localhost"), ("WorkingDirectory", "{http.request.host.labels.2}"), ("Isolation", "process")),
        .. SharedGateway.Route(1, ("Host", "*.localhost"), ("WorkingDirectory", "{http.request.host.labels.1}")),
    ])
    {
        private protected override GatewaySettings Configure(GatewaySettings settings) => settings with { EnvironmentName = "Production" };
    }
}
