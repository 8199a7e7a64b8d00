using System.Globalization;
using System.Net;
using System.Text.Json;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Telemetry;

/// <summary>The spans of a real gateway, as a collector gets them.</summary>
public sealed class SpanTests(TracedGateway shared) : IClassFixture<TracedGateway>
{
    private static readonly string s_app = PythonApps.Answering("def answer(path): return 'here'");

    [Fact]
    public async Task TheFirstRequest_HasTheImportInIt_AndTheSlowModulesInThat()
    {
        var tenant = shared.Tenants.AddUnique(
            "first",
            ("main.py", "import outer\n" + s_app),
            ("outer.py", "import inner\n"),
            ("inner.py", "import time\ntime.sleep(0.02)\n"));
        await shared.Gateway.Client.TextAsync(tenant.Url("/"));

        var import = await shared.SpanAsync("tenant.import", tenant.Name);
        var server = await shared.RequestAsync(tenant.Name);
        Assert.Equal(("GET", "", server.Id, server.TraceId), (server.Name, server.ParentId, import.ParentId, import.TraceId));
        Assert.True(server.Contains(import));

        var main = await shared.SpanAsync("import main", tenant.Name);
        var outer = await shared.SpanAsync("import outer", tenant.Name);
        var inner = await shared.SpanAsync("import inner", tenant.Name);
        Assert.Equal((import.Id, main.Id, outer.Id), (main.ParentId, outer.ParentId, inner.ParentId));
        Assert.True(main.Contains(outer) && outer.Contains(inner));
        Assert.InRange(Number(inner, "snakehost.import.self_ms"), 20, inner.Milliseconds + 0.01);
        Assert.InRange(Number(outer, "snakehost.import.self_ms"), 0, outer.Milliseconds - 20);
    }

    [Fact]
    public async Task ATenantsSpans_AreUnderItsOwnName_WithNoInstance()
    {
        var tenant = shared.Tenants.AddUnique("named", ("main.py", s_app));
        await shared.Gateway.Client.TextAsync(tenant.Url("/"));

        var request = await shared.RequestAsync(tenant.Name);
        Assert.False(request.Resource.ContainsKey("service.instance.id"));
        Assert.Equal("test", request.Resource["deployment.environment.name"]);
        // What leads to no app is the gateway's own.
        using var nowhere = await shared.Gateway.Client.GetAsync(new Uri("http://nobody.localhost/nowhere"), TestContext.Current.CancellationToken);
        var server = await shared.SpanAsync(span => span.Attributes.GetValueOrDefault("url.path") == "/nowhere", "that leads to no app");
        Assert.Equal(("the-gateway", "one", "404"), (server.Service, server.Resource["service.instance.id"], server.Attributes["http.response.status_code"]));
    }

    [Fact]
    public async Task AWarmRequest_IsOneSpan()
    {
        var tenant = shared.Tenants.AddUnique("warm", ("main.py", s_app));
        await shared.Gateway.Client.TextAsync(tenant.Url("/"));
        await shared.RequestAsync(tenant.Name);
        const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        // A page that reloads itself asks here, and is nobody's request.
        using var page = await shared.Gateway.Client.SendAsync(HttpMethod.Get, tenant.Url("/.snakehost-page/"), null, ("traceparent", $"00-{Trace}-00f067aa0ba902b7-01"));

        using var response = await shared.Gateway.Client.SendAsync(
            HttpMethod.Post, tenant.Url("/"), new StringContent("12345"), ("traceparent", $"00-{Trace}-00f067aa0ba902b7-01"));

        Assert.Equal("here", await response.TextAsync(HttpStatusCode.OK));
        var request = await shared.SpanAsync(span => span.TraceId == Trace, "of the trace");
        Assert.Equal(("POST", "00f067aa0ba902b7", true), (request.Name, request.ParentId, request.IsServer));
        var attributes = request.Attributes;
        Assert.Equal(("POST", "/", tenant.Name + ".localhost"), (attributes["http.request.method"], attributes["url.path"], attributes["server.address"]));
        Assert.Equal((tenant.Name, "1"), (attributes["snakehost.tenant"], attributes["snakehost.generation"]));
        Assert.Equal(("200", "5", "4"), (attributes["http.response.status_code"], attributes["http.request.body.size"], attributes["http.response.body.size"]));
        var parts = Number(request, "snakehost.queue_ms") + Number(request, "snakehost.gil_wait_ms") + Number(request, "snakehost.python_ms");
        Assert.InRange(parts, 0.001, request.Milliseconds);
    }

    [Fact]
    public async Task AReload_NamesTheFile_AndItsSteps()
    {
        var tenant = shared.Tenants.AddUnique("saved", ("main.py", s_app));
        await shared.Gateway.Client.TextAsync(tenant.Url("/"));
        tenant.Write("main.py", PythonApps.Answering("def answer(path): return 'changed'"));
        Assert.Equal("changed", await shared.Gateway.Client.TextAsync(tenant.Url("/")));

        var reload = await shared.SpanAsync("tenant.reload", tenant.Name);
        Assert.Equal(("main.py", "FileChange", "2", "Loaded"), (
            Path.GetFileName(reload.Attributes["snakehost.reload.files"]),
            reload.Attributes["snakehost.reload.trigger"],
            reload.Attributes["snakehost.generation"],
            reload.Attributes["snakehost.outcome"]));
        Assert.True(Number(reload, "snakehost.reload.wait_ms") >= 0);
        await Eventually.Async(() =>
        {
            var steps = shared.Receiver.Spans.Where(span => span.ParentId == reload.Id).OrderBy(span => span.Span.StartTimeUnixNano);
            Assert.Equal(["invalidate", "import", "swap", "drain"], steps.Select(span => span.Name));
            Assert.All(steps, span => Assert.Equal(tenant.Name, span.Service));
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task AReloadByHand_IsATraceOfItsOwn()
    {
        var tenant = shared.Tenants.AddUnique("by-hand", ("main.py", s_app));
        await shared.Gateway.Client.TextAsync(tenant.Url("/"));
        using var response = await shared.Gateway.Admin!.Client.SendAsync(HttpMethod.Post, new Uri($"http://localhost/api/tenants/{tenant.Name}/reload"), null);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);

        var reload = await shared.SpanAsync("tenant.reload", tenant.Name);
        Assert.Equal(("", "Manual"), (reload.ParentId, reload.Attributes["snakehost.reload.trigger"]));
        Assert.DoesNotContain(shared.Receiver.Spans, span => span.Attributes.GetValueOrDefault("url.path") == $"/api/tenants/{tenant.Name}/reload");
    }

    [Fact]
    public async Task AFailingImport_IsAnErrorWithPythonsTraceback_InTheRequestsTrace()
    {
        var tenant = shared.Tenants.AddUnique("broken", ("main.py", "import helper\n"), ("helper.py", "def f():\n    raise LookupError('gone')\nf()\n"));
        using var response = await shared.Gateway.Client.GetAsync(tenant.Url("/"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);

        var import = await shared.SpanAsync("tenant.import", tenant.Name);
        Assert.True(import.IsError);
        Assert.Equal(("LookupError", "gone"), (import.Exception["exception.type"], import.Exception["exception.message"]));
        Assert.Contains("helper.py\", line 2, in f", import.Exception["exception.stacktrace"], StringComparison.Ordinal);
        var server = await shared.SpanAsync(span => span.Id == import.ParentId, "above tenant.import");
        Assert.Equal("500", server.Attributes["http.response.status_code"]);
        Assert.Equal((tenant.Name, true), (server.Service, server.IsError));
    }

    [Theory]
    [InlineData("wsgi")]
    [InlineData("asgi")]
    public async Task AnAppsException_IsAnEventOfItsSpan(string kind)
    {
        var tenant = shared.Tenants.AddUnique("raising", ("main.py", PythonApps.Answering("import sqlite3\ndef answer(path): raise sqlite3.OperationalError('no such table')", kind)));
        using var response = await shared.Gateway.Client.GetAsync(tenant.Url("/"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);

        var python = await shared.RequestAsync(tenant.Name);
        Assert.True(python.IsError);
        Assert.Equal("no such table", python.Span.Status.Message);
        Assert.Equal("sqlite3.OperationalError", python.Attributes["error.type"]);
        Assert.Equal(("sqlite3.OperationalError", "no such table"), (python.Exception["exception.type"], python.Exception["exception.message"]));
        Assert.Contains("main.py\", line 2, in answer", python.Exception["exception.stacktrace"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task AStreamedAnswer_IsOneSpanToItsEnd()
    {
        var tenant = shared.Tenants.AddUnique("stream", ("main.py", """
            import asyncio
            async def app(scope, receive, send):
                assert scope["type"] == "http"
                await send({"type": "http.response.start", "status": 200, "headers": []})
                for n in range(3):
                    await asyncio.sleep(0.02)
                    await send({"type": "http.response.body", "body": b"x" * 100, "more_body": n < 2})
            """));
        Assert.Equal(300, (await shared.Gateway.Client.TextAsync(tenant.Url("/"))).Length);

        var python = await shared.RequestAsync(tenant.Name);
        Assert.Equal("300", python.Attributes["http.response.body.size"]);
        Assert.InRange(Number(python, "snakehost.python_ms"), 60, python.Milliseconds);
        Assert.False(python.IsError);
        Assert.Equal(("body", "snakehost.first_byte"), (python.Attributes["snakehost.stream"], Assert.Single(python.Events)));
        Assert.InRange(Number(python, "snakehost.first_byte_ms"), 0, python.Milliseconds - 40);
    }

    [Fact]
    public async Task AWebSocket_IsOneSpanToItsEnd_WithTheBytesOfItsMessages()
    {
        var tenant = shared.Tenants.AddUnique("socket", ("main.py", """
            async def app(scope, receive, send):
                assert scope["type"] == "websocket"
                await receive()
                await send({"type": "websocket.accept"})
                while (message := await receive())["type"] == "websocket.receive":
                    await send({"type": "websocket.send", "text": message["text"] * 3})
            """));
        using (var client = await SocketClient.ConnectAsync(shared.Gateway, tenant.Url("/")))
        {
            foreach (var text in new[] { "four", "äö" })
            {
                await client.SendAsync(text);
                Assert.Equal(text + text + text, await client.TextAsync());
            }

            await client.CloseAsync(1000, "");
        }

        var span = await shared.RequestAsync(tenant.Name);
        var attributes = span.Attributes;
        Assert.Equal(("websocket", "accepted"), (attributes["snakehost.stream"], Assert.Single(span.Events)));
        Assert.Equal(("101", "8", "24"), (attributes["http.response.status_code"], attributes["snakehost.websocket.received"], attributes["snakehost.websocket.sent"]));
        Assert.DoesNotContain("http.response.body.size", attributes.Keys);
    }

    [Fact]
    public async Task AStaticFile_IsTheTenantsSpan_AnErrorPageNamesItsOwn_AndAProbeIsNone()
    {
        await using var own = new TracedGateway
        {
            Arguments =
            [
                .. SharedGateway.Route(0, ("Host", "*.localhost"), ("WorkingDirectory", "{http.request.host.labels.1}"), ("Static:/static", "public"), ("MaxRequestBodySize", "4")),
                "--SnakeHost:HealthPath=/alive",
                "--access-logs",
                "json",
            ],
        };
        await own.InitializeAsync();
        var tenant = own.Tenants.Add("files", ("main.py", s_app), ("public/a.css", "body {}"));
        Assert.Equal("Healthy", await own.Gateway.Client.TextAsync(new Uri("http://localhost/alive")));
        await own.Gateway.Client.TextAsync(tenant.Url("/"));
        Assert.Equal("body {}", await own.Gateway.Client.TextAsync(tenant.Url("/static/a.css")));

        var file = await own.SpanAsync(span => span.Attributes.GetValueOrDefault("url.path") == "/static/a.css", "of the file");
        Assert.Equal(("files", "GET /static/{file}", "/static/{file}", "true"), (file.Service, file.Name, file.Attributes["http.route"], file.Attributes["snakehost.static"]));
        Assert.DoesNotContain("snakehost.python_ms", file.Attributes.Keys);
        Assert.DoesNotContain(own.Receiver.Spans, span => span.Attributes.GetValueOrDefault("url.path") == "/alive");

        foreach (var (url, status) in new[] { (new Uri("http://localhost/nowhere"), HttpStatusCode.NotFound), (tenant.Url("/too/much"), HttpStatusCode.RequestEntityTooLarge) })
        {
            using var answer = await own.Gateway.Client.SendAsync(HttpMethod.Post, url, new StringContent("a body"), ("Accept", "application/json"));
            using var page = JsonDocument.Parse(await answer.TextAsync(status));
            var span = await own.SpanAsync(span => span.Attributes.GetValueOrDefault("url.path") == url.AbsolutePath, "of " + url);
            Assert.Equal(span.TraceId, page.RootElement.GetProperty("traceId").GetString());
            await Eventually.Async(() =>
            {
                var entry = Assert.Single(own.Receiver.Logs, log => log.Body.Contains($"\"path\":\"{url.AbsolutePath}\"", StringComparison.Ordinal));
                Assert.Equal((span.TraceId, span.Id), (entry.TraceId, entry.SpanId));
                Assert.Contains(span.TraceId, entry.Body, StringComparison.Ordinal);
                return Task.CompletedTask;
            });
        }
    }

    [Fact]
    public async Task AnEviction_IsASpanWithItsReason()
    {
        var tenant = shared.Tenants.AddUnique("evicted", ("main.py", s_app));
        await shared.Gateway.Client.TextAsync(tenant.Url("/"));
        using var response = await shared.Gateway.Admin!.EvictAsync(tenant.Name);

        var evict = await shared.SpanAsync("tenant.evict", tenant.Name);
        Assert.Equal("Manual", evict.Attributes["snakehost.evict.reason"]);
        var drain = await shared.SpanAsync("drain", tenant.Name);
        Assert.Equal(evict.Id, drain.ParentId);
        Assert.Equal("", (await shared.LogAsync($"Tenant {tenant.Name}: evicted (Manual)")).TraceId);
    }

    private static double Number(ReceivedSpan span, string attribute) => double.Parse(span.Attributes[attribute], CultureInfo.InvariantCulture);
}
