using System.Globalization;
using System.Net;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Telemetry;

/// <summary>Which requests are recorded where there are more than can be read, as a collector, a client and the app see it.</summary>
public sealed class SamplingTests(SamplingTests.BusyGateway shared) : IClassFixture<SamplingTests.BusyGateway>
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";
    private const string Rate = "snakehost.sampling.rate";
    private const string Kept = "snakehost.sampling.kept";

    private const string Wsgi =
        """
        import sys, time
        def app(environ, start_response):
            path, seen = environ["PATH_INFO"], environ.get("HTTP_TRACEPARENT", "none")
            if path == "/raise":
                print("raising", seen)
                raise LookupError(seen)
            if path == "/slow":
                time.sleep(0.5)
            start_response("500 Sorry" if path == "/fail" else "200 OK", [("Content-Type", "text/plain")])
            return [seen.encode()]
        """;

    private const string Asgi =
        """
        import asyncio
        async def app(scope, receive, send):
            assert scope["type"] == "http"
            seen = b",".join(value for name, value in scope["headers"] if name == b"traceparent") or b"none"
            if scope["path"] == "/raise":
                print("raising", seen.decode())
                raise LookupError(seen.decode())
            if scope["path"] == "/slow":
                await asyncio.sleep(0.5)
            await send({"type": "http.response.start", "status": 500 if scope["path"] == "/fail" else 200, "headers": []})
            await send({"type": "http.response.body", "body": seen})
        """;

    [Theory]
    [InlineData("wsgi")]
    [InlineData("asgi")]
    public async Task OfManyRequests_AShareIsRecorded_ThatSaysSo_AndMetricsCountAll(string kind)
    {
        const int Many = 1000;
        var tenant = shared.Tenants.AddUnique("many-" + kind, ("main.py", kind == "wsgi" ? Wsgi : Asgi));

        var seen = await AskAsync(tenant, Many);

        var recorded = seen.Where(static one => one.EndsWith("-01", StringComparison.Ordinal)).Select(static one => one.Split('-')[2]).Order().ToList();
        Assert.InRange(recorded.Count, 2, Many / 4);
        Assert.All(seen, static one => Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$", one));
        Assert.Equal(Many, seen.Select(static one => one.Split('-')[1]).Distinct().Count());
        await Eventually.Async(() =>
        {
            // Slow ones the app was not told of.
            Assert.Equal(recorded, SpansOf(tenant).Where(span => recorded.Contains(span.Id)).Select(static span => span.Id).Order());
            Assert.Equal(Many, CountOf("snakehost.request.duration", tenant));
            return Task.CompletedTask;
        });
        // The first few, one of which had to wait for the app.
        Assert.InRange(SpansOf(tenant).Count(static span => !span.Attributes.ContainsKey(Rate) && span.Span.TraceState.Length == 0), 1, 10);
        var thinned = SpansOf(tenant).Where(static span => span.Attributes.ContainsKey(Rate)).ToList();
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
    public async Task Failed_AreAllThere_AsTheAppAndTheLogNameThem(string kind)
    {
        var tenant = shared.Tenants.AddUnique("failing-" + kind, ("main.py", kind == "wsgi" ? Wsgi : Asgi));
        await AskAsync(tenant, 300);

        var told = new List<string>();
        for (var n = 0; n < 20; n++)
        {
            using var failed = await shared.Gateway.Client.GetAsync(tenant.Url("/fail?token=secret"), TestContext.Current.CancellationToken);
            told.Add(await failed.TextAsync(HttpStatusCode.InternalServerError));
            using var raised = await shared.Gateway.Client.GetAsync(tenant.Url("/raise"), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.InternalServerError, raised.StatusCode);
        }

        await Eventually.Async(() =>
        {
            Assert.Equal(40, SpansOf(tenant).Count(static span => span.IsError));
            Assert.Equal(340, CountOf("snakehost.request.duration", tenant));
            return Task.CompletedTask;
        });
        var failures = SpansOf(tenant).Where(static span => span.IsError).ToList();
        Assert.All(failures, static span => Assert.Equal(("failed", "ot=th:0", "500", "GET"), (span.Attributes[Kept], span.Span.TraceState, span.Attributes["http.response.status_code"], span.Name)));
        Assert.All(failures, static span => Assert.InRange(Number(span, Rate), 0, 0.9));
        // Most were written afterwards: under the ids that the app has been told, with all that a span has.
        Assert.Contains(told, static one => one.EndsWith("-00", StringComparison.Ordinal));
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
                var printed = Assert.Single(shared.Receiver.Logs, log => log.Service == tenant.Name && log.Body.StartsWith("raising", StringComparison.Ordinal) && log.SpanId == span.Id);
                Assert.Equal((span.TraceId, span.Id), (printed.TraceId, printed.Body.Split('-')[2]));
                // The gateway's own record of it, too.
                Assert.Single(shared.Receiver.Logs, log => log.Body.Contains("failed to answer GET /raise", StringComparison.Ordinal) && log.SpanId == span.Id);
                return Task.CompletedTask;
            });
        }
    }

    [Theory]
    [InlineData("wsgi")]
    [InlineData("asgi")]
    public async Task Slow_AreThere_OnceItIsKnownWhatIsSlow(string kind)
    {
        var tenant = shared.Tenants.AddUnique("slow-" + kind, ("main.py", kind == "wsgi" ? Wsgi : Asgi));
        do
        {
            await AskAsync(tenant, 300);
            await shared.Gateway.Client.TextAsync(tenant.Url("/slow"));
        }
        while (!await HasSlowAsync());

        var told = new List<string>();
        for (var n = 0; n < 3; n++)
        {
            await AskAsync(tenant, 300);
            told.Add(await shared.Gateway.Client.TextAsync(tenant.Url("/slow")));
        }

        await Eventually.Async(() =>
        {
            Assert.All(told, one => Assert.Contains(SpansOf(tenant), span => span.Id == one.Split('-')[2]));
            return Task.CompletedTask;
        });
        Assert.All(told, one => Assert.InRange(SpansOf(tenant).Single(span => span.Id == one.Split('-')[2]).Milliseconds, 500, 60_000));

        async Task<bool> HasSlowAsync()
        {
            // What follows it has arrived when it would have.
            using var marker = await shared.Gateway.Client.GetAsync(tenant.Url("/fail?marker"), TestContext.Current.CancellationToken);
            var id = (await marker.TextAsync(HttpStatusCode.InternalServerError)).Split('-')[2];
            await Eventually.Async(() =>
            {
                Assert.Contains(SpansOf(tenant), span => span.Id == id);
                return Task.CompletedTask;
            });
            return SpansOf(tenant).Any(static span => span.Attributes["url.path"] == "/slow" && span.Attributes.GetValueOrDefault(Kept) == "slow");
        }
    }

    [Fact]
    public async Task WhatTheCallerHasDecided_Stands()
    {
        var tenant = shared.Tenants.AddUnique("caller", ("main.py", Wsgi));
        await AskAsync(tenant, 300);
        for (var n = 0; n < 20; n++)
        {
            using var wanted = await shared.Gateway.Client.SendAsync(HttpMethod.Get, tenant.Url("/wanted"), null, ("traceparent", $"00-{TraceId}-{n + 1:x16}-01"), ("tracestate", "ot=th:8"));
            Assert.Matches($"^00-{TraceId}-[0-9a-f]{{16}}-01$", await wanted.TextAsync(HttpStatusCode.OK));
            var unwanted = $"00-{TraceId}-{n + 100:x16}-00";
            using var failed = await shared.Gateway.Client.SendAsync(HttpMethod.Get, tenant.Url("/fail"), null, ("traceparent", unwanted));
            Assert.Equal(unwanted, await failed.TextAsync(HttpStatusCode.InternalServerError));
        }

        await Eventually.Async(() =>
        {
            Assert.Equal(20, shared.Receiver.Spans.Count(static span => span.TraceId == TraceId));
            Assert.Equal(340, CountOf("snakehost.request.duration", tenant));
            return Task.CompletedTask;
        });
        var spans = shared.Receiver.Spans.Where(static span => span.TraceId == TraceId).ToList();
        Assert.Equal(Enumerable.Range(1, 20).Select(static n => $"{n:x16}"), spans.Select(static span => span.ParentId).Order());
        Assert.All(spans, static span => Assert.Equal(("/wanted", "ot=th:8", false), (span.Attributes["url.path"], span.Span.TraceState, span.Attributes.ContainsKey(Rate))));
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
        var seen = await AskAsync(tenant, 200, own);
        using var failed = await own.Gateway.Client.GetAsync(tenant.Url("/fail"), TestContext.Current.CancellationToken);
        Assert.EndsWith(isOn ? "-01" : "-00", await failed.TextAsync(HttpStatusCode.InternalServerError), StringComparison.Ordinal);

        Assert.All(seen, one => Assert.EndsWith(isOn ? "-01" : "-00", one, StringComparison.Ordinal));
        await Eventually.Async(() =>
        {
            Assert.Equal(201, CountOf("snakehost.request.duration", tenant, own));
            Assert.Equal(isOn ? 201 : 0, SpansOf(tenant, own).Count());
            return Task.CompletedTask;
        });
        Assert.All(SpansOf(tenant, own), static span => Assert.False(span.Attributes.ContainsKey(Rate)));
    }

    private static double Number(ReceivedSpan span, string attribute) => double.Parse(span.Attributes[attribute], CultureInfo.InvariantCulture);

    private async Task<string[]> AskAsync(Tenant tenant, int count, BusyGateway? gateway = null)
    {
        var (seen, client) = (new string[count], (gateway ?? shared).Gateway.Client);
        seen[0] = await client.TextAsync(tenant.Url("/"));
        await Parallel.ForAsync(1, count, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (n, _) => seen[n] = await client.TextAsync(tenant.Url("/")));
        return seen;
    }

    private IEnumerable<ReceivedSpan> SpansOf(Tenant tenant, BusyGateway? gateway = null) =>
        (gateway ?? shared).Receiver.Spans.Where(span => span.IsServer && span.Service == tenant.Name);

    /// <summary>Of the newest point of each set of attributes.</summary>
    private double CountOf(string metric, Tenant tenant, BusyGateway? gateway = null) =>
        (gateway ?? shared).Receiver.Metrics.LastOrDefault(one => one.Name == metric && one.Service == tenant.Name)?.Points.Sum(static point => point.Value) ?? 0;

    /// <summary>One whose tenants are over the rate at once.</summary>
    public sealed class BusyGateway : IAsyncLifetime
    {
        private TracedGateway? _traced;

        internal IReadOnlyList<(string Name, string Value)> More { get; init; } = [];

        internal TenantFolder Tenants => _traced!.Tenants;

        internal GatewayProcess Gateway => _traced!.Gateway;

        internal OtlpReceiver Receiver => _traced!.Receiver;

        public ValueTask InitializeAsync()
        {
            _traced = new TracedGateway { Arguments = ["--traces-per-second", "2"], More = More };
            return _traced.InitializeAsync();
        }

        public ValueTask DisposeAsync() => _traced!.DisposeAsync();
    }
}
