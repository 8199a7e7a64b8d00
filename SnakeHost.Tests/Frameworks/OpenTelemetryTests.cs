using System.Text.Json;
using SnakeHost.Tests.Harness;
using SnakeHost.Tests.Telemetry;

namespace SnakeHost.Tests.Frameworks;

/// <summary>Python's own OpenTelemetry in apps whose requests the gateway traces.</summary>
public sealed class OpenTelemetryTests
{
    /// <summary>Exports to a list, and tells it: Debian has no OTLP exporter.</summary>
    private const string Provider =
        """
        import json, urllib.request
        from opentelemetry import propagate, trace
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult

        class Kept(SpanExporter):
            def __init__(self):
                self.spans = []

            def export(self, spans):
                for span in spans:
                    self.spans.append({"name": span.name, "trace": f"{span.context.trace_id:032x}", "id": f"{span.context.span_id:016x}",
                                       "parent": f"{span.parent.span_id:016x}" if span.parent else "", "state": span.context.trace_state.to_header(),
                                       "service": span.resource.attributes["service.name"]})
                return SpanExportResult.SUCCESS

        kept = Kept()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(kept))
        trace.set_tracer_provider(provider)
        assert trace.get_tracer_provider() is provider
        tracer = trace.get_tracer("shop")

        def ask(url, host):
            with tracer.start_as_current_span("GET", kind=trace.SpanKind.CLIENT):
                headers = {"Host": host}
                propagate.inject(headers)
                return urllib.request.urlopen(urllib.request.Request(url, headers=headers)).read().decode()

        """;

    private const string Flask = Provider +
        """
        from flask import Flask, request
        app = Flask(__name__)

        @app.get("/orders/<int:id>")
        def order(id):
            with tracer.start_as_current_span("SELECT orders"):
                pass
            trace.get_current_span().set_attribute("shop.customer", 42)
            trace.get_current_span().set_attribute("snakehost.tenant", "another")
            trace.get_current_span().add_event("paid", {"euro": 2.5})
            return ask(request.args["url"], "stock.localhost")

        @app.get("/spans")
        def spans():
            return json.dumps(kept.spans)

        def instrumented(wsgi):
            # What opentelemetry-instrumentation-wsgi does, which Debian has not.
            from opentelemetry import context
            def call(environ, start_response):
                if trace.get_current_span() is trace.INVALID_SPAN:
                    kind, parent = trace.SpanKind.SERVER, propagate.extract({"traceparent": environ["HTTP_TRACEPARENT"]})
                else:
                    kind, parent = trace.SpanKind.INTERNAL, context.get_current()
                span = trace.get_tracer("opentelemetry.instrumentation.wsgi").start_span("GET /orders", parent, kind, attributes={"http.target": "/orders"})
                with trace.use_span(span, end_on_exit=True):
                    span.update_name("GET /orders/7")
                    return wsgi(environ, start_response)
            return call

        app.wsgi_app = instrumented(app.wsgi_app)
        """;

    private const string FastApi = Provider +
        """
        from fastapi import FastAPI
        app = FastAPI()

        @app.get("/stock/{id}")
        async def stock(id: int):
            with tracer.start_as_current_span("SELECT stock"):
                return id

        @app.get("/fail")
        async def fail():
            raise LookupError("lost")

        @app.get("/spans")
        async def spans():
            return kept.spans
        """;

    [Theory, MemberData(nameof(InstalledPythons.WithModule), "opentelemetry.sdk.trace, flask, fastapi", MemberType = typeof(InstalledPythons))]
    public async Task OneTrace_LeadsThroughTwoApps_EachWithItsOwnSpans_AndNoRequestHasTwo(string python)
    {
        await using var traced = new TracedGateway { Python = python };
        await traced.InitializeAsync();
        var shop = traced.Tenants.Add("shop", ("main.py", Flask));
        var stock = traced.Tenants.Add("stock", ("main.py", FastApi));
        var client = traced.Gateway.Client;
        Assert.Equal("7", await client.TextAsync(shop.Url($"/orders/7?url=http://{traced.Gateway.Address}/stock/7")));

        var first = await traced.SpanAsync(span => span.Service == "shop" && span.Attributes.GetValueOrDefault("url.path") == "/orders/7", "of the order");
        var second = await traced.SpanAsync(span => span.Service == "stock" && span.Attributes.GetValueOrDefault("url.path") == "/stock/7", "of the stock");
        Assert.Equal(("GET /orders/<int:id>", "GET /stock/{id}", first.TraceId), (first.Name, second.Name, second.TraceId));
        var shops = await SpansAsync(client, shop);
        Assert.Equal([("SELECT orders", first.Id), ("GET", first.Id)], shops.Select(span => (span.Name, span.Parent)));
        Assert.Equal(shops[1].Id, second.ParentId);
        var stocks = await SpansAsync(client, stock);
        var select = Assert.Single(stocks, span => span.Name == "SELECT stock");
        Assert.All(shops, span => Assert.Equal(("shop", first.TraceId), (span.Service, span.Trace)));
        Assert.All(stocks, span => Assert.Equal("stock", span.Service));
        Assert.Equal(first.TraceId, select.Trace);
        // Each stands for one request, as its request does.
        Assert.All([.. shops, select], static span => Assert.Equal("ot=th:0", span.State));
        // FastAPI makes spans of its own for what it calls, but none of the request.
        Assert.DoesNotContain(stocks, span => span.Name.StartsWith("GET", StringComparison.Ordinal) || span.Parent.Length == 0);

        Assert.DoesNotContain("http.target", first.Attributes.Keys);
        Assert.Equal(("42", "2.5"), (first.Attributes["shop.customer"], first.Event("paid")["euro"]));
        using var failed = await client.GetAsync(stock.Url("/fail"), TestContext.Current.CancellationToken);
        var failure = await traced.SpanAsync(span => span.Service == "stock" && span.Attributes.GetValueOrDefault("url.path") == "/fail", "of the failure");
        Assert.Equal(("GET /fail", "LookupError"), (failure.Name, failure.Exception["exception.type"]));
    }

    [Theory, MemberData(nameof(InstalledPythons.WithModule), "opentelemetry.sdk.trace, flask, fastapi", MemberType = typeof(InstalledPythons))]
    public async Task WhatTheGatewayLeavesOut_TheAppsLeaveOutToo(string python)
    {
        await using var traced = new TracedGateway { Python = python, Arguments = ["--traces-per-second", "0"] };
        await traced.InitializeAsync();
        var shop = traced.Tenants.Add("shop", ("main.py", Flask));
        var stock = traced.Tenants.Add("stock", ("main.py", FastApi));
        var client = traced.Gateway.Client;
        // The first request of an app is recorded, since it has to wait for that.
        Assert.Empty(await SpansAsync(client, shop));
        await SpansAsync(client, stock);
        var first = await traced.SpanAsync(span => span.Service == "stock" && span.IsServer, "of the first request");

        Assert.Equal("7", await client.TextAsync(shop.Url($"/orders/7?url=http://{traced.Gateway.Address}/stock/7")));
        using var failed = await client.GetAsync(stock.Url("/fail"), TestContext.Current.CancellationToken);

        await traced.SpanAsync(span => span.Service == "stock" && span.Attributes.GetValueOrDefault("url.path") == "/fail", "of the failure");
        Assert.Empty(await SpansAsync(client, shop));
        Assert.All(await SpansAsync(client, stock), span => Assert.Equal(first.TraceId, span.Trace));
        Assert.DoesNotContain(traced.Receiver.Spans, span => span.IsServer && span.Attributes.GetValueOrDefault("url.path") != "/spans" && !span.IsError);
    }

    private static async Task<List<AppSpan>> SpansAsync(HttpClient client, Tenant tenant) =>
        JsonSerializer.Deserialize<List<AppSpan>>(await client.TextAsync(tenant.Url("/spans")), JsonSerializerOptions.Web)!;

    private sealed record AppSpan(string Name, string Trace, string Id, string Parent, string State, string Service);
}
