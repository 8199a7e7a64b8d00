using System.Diagnostics;
using System.Globalization;
using System.Net;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Telemetry;

/// <summary>Which requests are recorded where there are more than can be read, as a collector, a client and the app see it.</summary>
/// <param name="shared">Records few.</param>
/// <param name="quiet">Records only what is there in any case.</param>
public sealed class SamplingTests(SamplingTests.BusyGateway shared, SamplingTests.QuietGateway quiet) : IClassFixture<SamplingTests.BusyGateway>, IClassFixture<SamplingTests.QuietGateway>
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";
    private const string Rate = "snakehost.sampling.rate";
    private const string Kept = "snakehost.sampling.kept";

    /// <summary>Tenants with a process of their own.</summary>
    private static readonly string[] s_apart = ["many-process", "failing-process", "slow-process"];

    private const string Wsgi =
        """
        import os, time
        def app(environ, start_response):
            path, seen = environ["PATH_INFO"], environ.get("HTTP_TRACEPARENT", "none")
            if path == "/state":
                seen += " " + environ.get("HTTP_TRACESTATE", "none")
            if path == "/raise":
                print("raising", seen)
                raise LookupError(seen)
            if path == "/slow":
                gate = environ["QUERY_STRING"]
                open(gate + ".begun", "w").close()
                while not os.path.exists(gate):
                    time.sleep(0.001)
            start_response("500 Sorry" if path == "/fail" else "200 OK", [("Content-Type", "text/plain")])
            return [seen.encode()]
        """;

    private const string Asgi =
        """
        import asyncio, os
        async def app(scope, receive, send):
            assert scope["type"] == "http"
            seen = b",".join(value for name, value in scope["headers"] if name == b"traceparent") or b"none"
            if scope["path"] == "/state":
                seen += b" " + (b",".join(value for name, value in scope["headers"] if name == b"tracestate") or b"none")
            if scope["path"] == "/raise":
                print("raising", seen.decode())
                raise LookupError(seen.decode())
            if scope["path"] == "/slow":
                gate = scope["query_string"].decode()
                open(gate + ".begun", "w").close()
                while not os.path.exists(gate):
                    await asyncio.sleep(0.001)
            await send({"type": "http.response.start", "status": 500 if scope["path"] == "/fail" else 200, "headers": []})
            await send({"type": "http.response.body", "body": seen})
        """;

    [Theory]
    [InlineData("wsgi")]
    [InlineData("asgi")]
    [InlineData("process")]
    public async Task OfManyRequests_AShareIsRecorded_ThatSaysSo_AndMetricsCountAll(string kind)
    {
        const int Many = 1000;
        var tenant = shared.Tenants.Add("many-" + kind, ("main.py", kind == "asgi" ? Asgi : Wsgi));

        var told = (await AskAsync(shared, tenant, Many, "/state")).Select(static one => one.Split(' ')).ToList();

        var seen = told.Select(static one => one[0]).ToList();
        var recorded = seen.Where(static one => one.EndsWith("-01", StringComparison.Ordinal)).Select(static one => one.Split('-')[2]).Order().ToList();
        Assert.InRange(recorded.Count, 2, Many / 4);
        Assert.All(seen, static one => Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$", one));
        Assert.Equal(Many, seen.Select(static one => one.Split('-')[1]).Distinct().Count());
        await Eventually.Async(() =>
        {
            // The app was not told of slow ones.
            Assert.Equal(recorded, SpansOf(shared, tenant).Where(span => recorded.Contains(span.Id)).Select(static span => span.Id).Order());
            Assert.Equal(Many, CountOf(shared, "snakehost.request.duration", tenant));
            return Task.CompletedTask;
        });
        // The first few, one of which had to wait for the app.
        var first = SpansOf(shared, tenant).Where(static span => !span.Attributes.ContainsKey(Rate)).ToList();
        Assert.NotEmpty(first);
        Assert.All(first, static span => Assert.Equal("ot=th:0", span.Span.TraceState));
        // By it a collector counts what the app itself records below, too.
        foreach (var one in told)
        {
            var span = one[0].EndsWith("-01", StringComparison.Ordinal) ? SpansOf(shared, tenant).Single(span => span.Id == one[0].Split('-')[2]) : null;
            // One that has turned out to be slow stands for itself alone; the app was told before.
            if (span?.Attributes.ContainsKey(Kept) != true)
                Assert.Equal(span?.Span.TraceState ?? "none", one[1]);
        }

        var thinned = SpansOf(shared, tenant).Where(static span => span.Attributes.ContainsKey(Rate)).ToList();
        Assert.All(thinned, static span => Assert.InRange(Number(span, Rate), 0, 0.9));
        Assert.All(thinned.Where(static span => !span.Attributes.ContainsKey(Kept)), static span =>
        {
            // A consistent sampler's: whoever thins out further can tell what was left out.
            Assert.StartsWith("ot=th:", span.Span.TraceState, StringComparison.Ordinal);
            var threshold = Convert.ToUInt64(span.Span.TraceState["ot=th:".Length..].PadRight(14, '0'), 16);
            Assert.True(Convert.ToUInt64(span.TraceId[^14..], 16) >= threshold);
            Assert.Equal(1 - (threshold / Math.Pow(2, 56)), Number(span, Rate), 1e-6);
        });
    }

    [Theory]
    [InlineData("wsgi")]
    [InlineData("asgi")]
    [InlineData("process")]
    public async Task Failed_AreAllThere_AsTheAppAndTheLogNameThem(string kind)
    {
        var tenant = quiet.Tenants.Add("failing-" + kind, ("main.py", kind == "asgi" ? Asgi : Wsgi));
        await AskAsync(quiet, tenant, 300);

        var told = new List<string>();
        for (var n = 0; n < 20; n++)
        {
            using var failed = await quiet.Gateway.Client.GetAsync(tenant.Url("/fail?token=secret"), TestContext.Current.CancellationToken);
            told.Add(await failed.TextAsync(HttpStatusCode.InternalServerError));
            using var raised = await quiet.Gateway.Client.GetAsync(tenant.Url("/raise"), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.InternalServerError, raised.StatusCode);
        }

        await Eventually.Async(() =>
        {
            Assert.Equal(40, SpansOf(quiet, tenant).Count(static span => span.IsError));
            Assert.Equal(340, CountOf(quiet, "snakehost.request.duration", tenant));
            return Task.CompletedTask;
        });
        var failures = SpansOf(quiet, tenant).Where(static span => span.IsError).ToList();
        Assert.All(failures, static span => Assert.Equal(("failed", "ot=th:0", "500", "GET"), (span.Attributes[Kept], span.Span.TraceState, span.Attributes["http.response.status_code"], span.Name)));
        Assert.All(failures, static span => Assert.Equal(0, Number(span, Rate)));
        // They were written afterwards: under the ids that the app has been told, with all that a span has.
        Assert.All(told, static one => Assert.EndsWith("-00", one, StringComparison.Ordinal));
        foreach (var parts in told.Select(static one => one.Split('-')))
        {
            var span = Assert.Single(failures, span => span.Id == parts[2]);
            Assert.Equal((parts[1], "", true), (span.TraceId, span.ParentId, span.IsServer));
            Assert.Equal(("/fail", "token=Redacted", "1.1"), (span.Attributes["url.path"], span.Attributes["url.query"], span.Attributes["network.protocol.version"]));
            Assert.InRange(Number(span, "snakehost.python_ms"), 0.001, span.Milliseconds);
        }

        var raising = failures.Where(static span => span.Attributes["url.path"] == "/raise").ToList();
        Assert.All(raising, static span => Assert.Equal(("LookupError", span.Id), (span.Attributes["error.type"], span.Exception["exception.message"].Split('-')[2])));
        foreach (var span in raising)
        {
            await Eventually.Async(() =>
            {
                var printed = Assert.Single(quiet.Receiver.Logs, log => log.Service == tenant.Name && log.Body.StartsWith("raising", StringComparison.Ordinal) && log.SpanId == span.Id);
                Assert.Equal((span.TraceId, span.Id), (printed.TraceId, printed.Body.Split('-')[2]));
                // The gateway's own record of it, too.
                Assert.Single(quiet.Receiver.Logs, log => log.Body.Contains("failed to answer GET /raise", StringComparison.Ordinal) && log.SpanId == span.Id);
                return Task.CompletedTask;
            });
        }
    }

    [Theory]
    [InlineData("wsgi")]
    [InlineData("asgi")]
    [InlineData("process")]
    public async Task Slow_AreThere_OnceItIsKnownWhatIsSlow(string kind)
    {
        var tenant = quiet.Tenants.Add("slow-" + kind, ("main.py", kind == "asgi" ? Asgi : Wsgi));
        var (folder, slowest) = (Directory.CreateTempSubdirectory("snakehost-slow-"), TimeSpan.Zero);
        try
        {
            do
            {
                await AskAsync(quiet, tenant, 300, "/", Took);
                await SlowAsync();
            }
            while (!await HasSlowAsync());

            for (var n = 0; n < 3; n++)
            {
                await AskAsync(quiet, tenant, 300, "/", Took);
                var (lasted, id) = await SlowAsync();
                await Eventually.Async(() =>
                {
                    var span = Assert.Single(SpansOf(quiet, tenant), span => span.Id == id);
                    Assert.InRange(span.Milliseconds, lasted.TotalMilliseconds, 600_000);
                    return Task.CompletedTask;
                });
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        void Took(TimeSpan time)
        {
            lock (folder)
                slowest = time > slowest ? time : slowest;
        }

        // Longer than any other request has taken, on whatever machine.
        async Task<(TimeSpan Lasted, string Id)> SlowAsync()
        {
            var gate = Path.Combine(folder.FullName, Guid.NewGuid().ToString("N"));
            var asked = quiet.Gateway.Client.TextAsync(tenant.Url("/slow?" + gate));
            await Eventually.Async(() =>
            {
                Assert.True(File.Exists(gate + ".begun"));
                return Task.CompletedTask;
            });
            var began = Stopwatch.GetTimestamp();
            await Task.Delay((slowest * 1.2) + TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
            var lasted = Stopwatch.GetElapsedTime(began);
            ChildProcess.WhileNoneStarts(() => File.WriteAllText(gate, ""));
            return (lasted, (await asked).Split('-')[2]);
        }

        async Task<bool> HasSlowAsync()
        {
            // What follows it has arrived when it would have.
            var began = Stopwatch.GetTimestamp();
            using var marker = await quiet.Gateway.Client.GetAsync(tenant.Url("/fail?marker"), TestContext.Current.CancellationToken);
            var id = (await marker.TextAsync(HttpStatusCode.InternalServerError)).Split('-')[2];
            Took(Stopwatch.GetElapsedTime(began));
            await Eventually.Async(() =>
            {
                Assert.Contains(SpansOf(quiet, tenant), span => span.Id == id);
                return Task.CompletedTask;
            });
            return SpansOf(quiet, tenant).Any(static span => span.Attributes["url.path"] == "/slow" && span.Attributes.GetValueOrDefault(Kept) == "slow");
        }
    }

    [Fact]
    public async Task WhatNoAppIsAskedFor_IsLeftOutToo()
    {
        var tenant = quiet.Tenants.AddUnique("files", ("main.py", Wsgi), ("public/a.css", "body {}"));
        for (var n = 0; n < 20; n++)
        {
            using var missing = await quiet.Gateway.Client.GetAsync(new Uri("http://localhost/nowhere"), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
            Assert.Equal("body {}", await quiet.Gateway.Client.TextAsync(tenant.Url("/static/a.css")));
        }

        // What follows them has arrived when they would have.
        using var marker = await quiet.Gateway.Client.GetAsync(tenant.Url("/fail"), TestContext.Current.CancellationToken);
        await Eventually.Async(() =>
        {
            Assert.Single(SpansOf(quiet, tenant), static span => span.Attributes["url.path"] == "/fail");
            return Task.CompletedTask;
        });
        Assert.DoesNotContain(quiet.Receiver.Spans, static span => span.Attributes.GetValueOrDefault("url.path") is "/nowhere" or "/static/a.css");
    }

    [Fact]
    public async Task WhatTheCallerHasDecided_Stands()
    {
        var tenant = shared.Tenants.AddUnique("caller", ("main.py", Wsgi));
        await AskAsync(shared, tenant, 300);
        for (var n = 0; n < 20; n++)
        {
            using var wanted = await shared.Gateway.Client.SendAsync(HttpMethod.Get, tenant.Url("/wanted"), null, ("traceparent", $"00-{TraceId}-{n + 1:x16}-01"), ("tracestate", "ot=th:4"));
            Assert.Matches($"^00-{TraceId}-[0-9a-f]{{16}}-01$", await wanted.TextAsync(HttpStatusCode.OK));
            var unwanted = $"00-{TraceId}-{n + 100:x16}-00";
            using var failed = await shared.Gateway.Client.SendAsync(HttpMethod.Get, tenant.Url("/fail"), null, ("traceparent", unwanted));
            Assert.Equal(unwanted, await failed.TextAsync(HttpStatusCode.InternalServerError));
        }

        await Eventually.Async(() =>
        {
            Assert.Equal(20, shared.Receiver.Spans.Count(static span => span.TraceId == TraceId));
            Assert.Equal(340, CountOf(shared, "snakehost.request.duration", tenant));
            return Task.CompletedTask;
        });
        var spans = shared.Receiver.Spans.Where(static span => span.TraceId == TraceId).ToList();
        Assert.Equal(Enumerable.Range(1, 20).Select(static n => $"{n:x16}"), spans.Select(static span => span.ParentId).Order());
        Assert.All(spans, static span => Assert.Equal(("/wanted", "ot=th:4", false), (span.Attributes["url.path"], span.Span.TraceState, span.Attributes.ContainsKey(Rate))));
    }

    [Theory]
    [InlineData("always_on", "")]
    [InlineData("traceidratio", "0")]
    [InlineData("parentbased_traceidratio", "1")]
    public async Task TheVariablesOfOpenTelemetry_Win(string sampler, string argument)
    {
        var isOn = argument != "0";
        await using var own = new BusyGateway { More = [("OTEL_TRACES_SAMPLER", sampler), ("OTEL_TRACES_SAMPLER_ARG", argument)] };
        await own.InitializeAsync();
        var tenant = own.Tenants.AddUnique("decided", ("main.py", Wsgi));
        var seen = await AskAsync(own, tenant, 200);
        using var failed = await own.Gateway.Client.GetAsync(tenant.Url("/fail"), TestContext.Current.CancellationToken);
        Assert.EndsWith(isOn ? "-01" : "-00", await failed.TextAsync(HttpStatusCode.InternalServerError), StringComparison.Ordinal);

        Assert.All(seen, one => Assert.EndsWith(isOn ? "-01" : "-00", one, StringComparison.Ordinal));
        await Eventually.Async(() =>
        {
            Assert.Equal(201, CountOf(own, "snakehost.request.duration", tenant));
            Assert.Equal(isOn ? 201 : 0, SpansOf(own, tenant).Count());
            return Task.CompletedTask;
        });
        Assert.All(SpansOf(own, tenant), static span => Assert.False(span.Attributes.ContainsKey(Rate)));
    }

    private static double Number(ReceivedSpan span, string attribute) => double.Parse(span.Attributes[attribute], CultureInfo.InvariantCulture);

    /// <param name="took">Is told how long each took, but for the first, which has to wait for the app.</param>
    private static async Task<string[]> AskAsync(BusyGateway gateway, Tenant tenant, int count, string path = "/", Action<TimeSpan>? took = null)
    {
        var (seen, client) = (new string[count], gateway.Gateway.Client);
        seen[0] = await client.TextAsync(tenant.Url(path));
        await Parallel.ForAsync(1, count, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (n, _) =>
        {
            var began = Stopwatch.GetTimestamp();
            seen[n] = await client.TextAsync(tenant.Url(path));
            took?.Invoke(Stopwatch.GetElapsedTime(began));
        });
        return seen;
    }

    private static IEnumerable<ReceivedSpan> SpansOf(BusyGateway gateway, Tenant tenant) => gateway.Receiver.Spans.Where(span => span.IsServer && span.Service == tenant.Name);

    /// <summary>Of the newest point of each set of attributes.</summary>
    private static double CountOf(BusyGateway gateway, string metric, Tenant tenant) =>
        gateway.Receiver.Metrics.LastOrDefault(one => one.Name == metric && one.Service == tenant.Name)?.Points.Sum(static point => point.Value) ?? 0;

    /// <summary>One whose tenants are over the rate at once.</summary>
    public class BusyGateway : IAsyncLifetime
    {
        private TracedGateway? _traced;

        protected virtual int PerSecond => 2;

        internal IReadOnlyList<(string Name, string Value)> More { get; init; } = [];

        internal TenantFolder Tenants => _traced!.Tenants;

        internal GatewayProcess Gateway => _traced!.Gateway;

        internal OtlpReceiver Receiver => _traced!.Receiver;

        public ValueTask InitializeAsync()
        {
            _traced = new TracedGateway
            {
                Arguments =
                [
                    "--traces-per-second",
                    PerSecond.ToString(CultureInfo.InvariantCulture),
                    .. s_apart.SelectMany(static (name, n) => SharedGateway.Route(n, ("Host", name + ".localhost"), ("WorkingDirectory", name), ("Isolation", "process"))),
                    .. SharedGateway.Route(s_apart.Length, ("Host", "*.localhost"), ("WorkingDirectory", "{http.request.host.labels.1}"), ("Static:/static", "public")),
                ],
                More = More,
            };
            return _traced.InitializeAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await _traced!.DisposeAsync();
            GC.SuppressFinalize(this);
        }
    }

    /// <summary>One that leaves out whatever it can.</summary>
    public sealed class QuietGateway : BusyGateway
    {
        protected override int PerSecond => 0;
    }
}
