using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Telemetry;

/// <summary>The app's side of a trace: W3C Trace Context.</summary>
public sealed class TraceContextTests(TracedGateway shared) : IClassFixture<TracedGateway>
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";
    private const string Client = $"00-{TraceId}-b7ad6b7169203331-01";

    private static readonly string s_wsgi = """
        def app(environ, start_response):
            start_response("200 OK", [])
            return [(environ.get("HTTP_TRACEPARENT", "none") + " " + environ.get("HTTP_TRACESTATE", "none")).encode()]
        """;

    private static readonly string s_asgi = """
        async def app(scope, receive, send):
            assert scope["type"] == "http"
            parents = [value for name, value in scope["headers"] if name == b"traceparent"]
            states = [value for name, value in scope["headers"] if name == b"tracestate"]
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b",".join(parents or [b"none"]) + b" " + b",".join(states or [b"none"])})
        """;

    [Theory]
    [InlineData("wsgi")]
    [InlineData("asgi")]
    [Conforms(Standard.TraceContext, "Mutating the traceparent Field", "The trace-id of the caller goes on to the app, with the span of its request as parent-id; tracestate goes on as it came")]
    public async Task TheApp_GetsItsSpanAsParent_InTheClientsTrace(string kind)
    {
        var tenant = shared.Tenants.AddUnique("continued-" + kind, ("main.py", kind == "wsgi" ? s_wsgi : s_asgi));

        using var response = await shared.Gateway.Client.SendAsync(HttpMethod.Get, tenant.Url("/"), null, ("traceparent", Client), ("tracestate", "vendor=1"));

        var seen = await response.TextAsync(System.Net.HttpStatusCode.OK);
        var python = await shared.RequestAsync(tenant.Name);
        Assert.Equal($"00-{TraceId}-{python.Id}-01 vendor=1", seen);
        Assert.Equal(TraceId, python.TraceId);
    }

    [Theory]
    [InlineData("wsgi")]
    [InlineData("asgi")]
    [Conforms(Standard.TraceContext, "Mutating the traceparent Field", "Where the client's trace is not continued the app does not get its tracestate; how many traces a recorded one stands for, the app is told as a collector is")]
    public async Task TheAppsState_IsItsSpans(string kind)
    {
        var tenant = shared.Tenants.AddUnique("state-" + kind, ("main.py", kind == "wsgi" ? s_wsgi : s_asgi));
        foreach (var (parent, told, expected) in new[] { (Client, "ot=th:4,vendor=1", "ot=th:4,vendor=1"), (Client, "vendor=1,ot=th:8", "vendor=1"), (Client, "ot=th:8", "none"), ("nonsense", "vendor=1", "ot=th:0") })
        {
            using var response = await shared.Gateway.Client.SendAsync(HttpMethod.Get, tenant.Url("/"), null, ("traceparent", parent), ("tracestate", told));
            var seen = (await response.TextAsync(System.Net.HttpStatusCode.OK)).Split(' ');
            Assert.Equal(expected, seen[1]);
            var span = await shared.SpanAsync(span => span.Id == seen[0].Split('-')[2], "of the request");
            Assert.Equal(expected == "none" ? "" : expected, span.Span.TraceState);
        }
    }

    [Theory]
    [InlineData("always_off")]
    [InlineData("parentbased_always_off")]
    public async Task WhatIsNotRecorded_TheAppIsToldSo_InTheClientsTrace(string sampler)
    {
        var client = sampler == "always_off" ? Client : Client[..^1] + "0";
        await using var gateway = await GatewayProcess.StartAsync(new()
        {
            Root = shared.Tenants.Root,
            Environment = new Dictionary<string, string>(shared.Receiver.Environment) { ["OTEL_TRACES_SAMPLER"] = sampler },
        });
        foreach (var (kind, app) in new[] { ("wsgi", s_wsgi), ("asgi", s_asgi) })
        {
            var tenant = shared.Tenants.AddUnique($"unsampled-{sampler.Replace('_', '-')}-{kind}", ("main.py", app));
            using var response = await gateway.Client.SendAsync(HttpMethod.Get, tenant.Url("/"), null, ("traceparent", client));
            // What the client has decided passes as it came.
            var seen = await response.TextAsync(System.Net.HttpStatusCode.OK);
            if (sampler == "always_off")
                Assert.Matches($"^00-{TraceId}-[0-9a-f]{{16}}-00 none$", seen);
            else
                Assert.Equal(client + " none", seen);
            using var none = await gateway.Client.SendAsync(HttpMethod.Get, tenant.Url("/"), null, ("tracestate", "vendor=1"));
            Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-00 none$", await none.TextAsync(System.Net.HttpStatusCode.OK));
            Assert.DoesNotContain(shared.Receiver.Spans, span => span.Service == tenant.Name);
        }

        await gateway.StopAsync();
    }
}
