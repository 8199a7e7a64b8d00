using System.Globalization;
using System.Net;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Telemetry;

/// <summary>The spans of a real gateway, as a collector gets them.</summary>
public sealed class SpanTests(TracedGateway shared) : IClassFixture<TracedGateway>
{
    private const string ServerSpan = "GET";

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

        var python = await shared.SpanAsync("python.wsgi", tenant.Name);
        var import = await shared.SpanAsync("tenant.import", tenant.Name);
        var server = await shared.SpanAsync(span => span.Id == python.ParentId, "above python.wsgi");
        Assert.Equal(("the-gateway", ServerSpan), (server.Service, server.Name));
        Assert.Equal(server.Id, import.ParentId);
        Assert.All([python, import], span => Assert.Equal(server.TraceId, span.TraceId));
        Assert.True(server.Contains(import) && server.Contains(python));

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

        var python = await shared.SpanAsync("python.wsgi", tenant.Name);
        var server = await shared.SpanAsync(span => span.Id == python.ParentId, "above python.wsgi");
        Assert.False(python.Resource.ContainsKey("service.instance.id"));
        Assert.Equal("test", python.Resource["deployment.environment.name"]);
        Assert.Equal(("the-gateway", "one"), (server.Resource["service.name"], server.Resource["service.instance.id"]));
    }

    [Fact]
    public async Task AWarmRequest_IsOneSpanBelowTheServers()
    {
        var tenant = shared.Tenants.AddUnique("warm", ("main.py", s_app));
        await shared.Gateway.Client.TextAsync(tenant.Url("/"));
        await shared.SpanAsync("python.wsgi", tenant.Name);
        const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        // A page that reloads itself asks here, and is nobody's request.
        using var page = await shared.Gateway.Client.SendAsync(HttpMethod.Get, tenant.Url("/.snakehost-page/"), null, ("traceparent", $"00-{Trace}-00f067aa0ba902b7-01"));

        using var response = await shared.Gateway.Client.SendAsync(
            HttpMethod.Post, tenant.Url("/"), new StringContent("12345"), ("traceparent", $"00-{Trace}-00f067aa0ba902b7-01"));

        Assert.Equal("here", await response.TextAsync(HttpStatusCode.OK));
        var python = await shared.SpanAsync(span => span.TraceId == Trace && span.Name == "python.wsgi", "python.wsgi of the trace");
        var server = await shared.SpanAsync(span => span.TraceId == Trace && span.Name == "POST", "POST of the trace");
        Assert.Equal(("00f067aa0ba902b7", server.Id), (server.ParentId, python.ParentId));
        Assert.DoesNotContain(shared.Receiver.Spans, span => span.TraceId == Trace && span.Id != python.Id && span.Id != server.Id);
        var attributes = python.Attributes;
        Assert.Equal((tenant.Name, "1"), (attributes["snakehost.tenant"], attributes["snakehost.generation"]));
        Assert.Equal(("200", "5", "4"), (attributes["http.response.status_code"], attributes["http.request.body.size"], attributes["http.response.body.size"]));
        var parts = Number(python, "snakehost.queue_ms") + Number(python, "snakehost.gil_wait_ms") + Number(python, "snakehost.python_ms");
        Assert.InRange(parts, 0.001, python.Milliseconds);
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
        Assert.DoesNotContain(shared.Receiver.Spans, span => span.TraceId == import.TraceId && span.Name == "python.wsgi");
    }

    [Theory]
    [InlineData("wsgi")]
    [InlineData("asgi")]
    public async Task AnAppsException_IsAnEventOfItsSpan(string kind)
    {
        var tenant = shared.Tenants.AddUnique("raising", ("main.py", PythonApps.Answering("import sqlite3\ndef answer(path): raise sqlite3.OperationalError('no such table')", kind)));
        using var response = await shared.Gateway.Client.GetAsync(tenant.Url("/"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);

        var python = await shared.SpanAsync($"python.{kind}", tenant.Name);
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

        var python = await shared.SpanAsync("python.asgi", tenant.Name);
        Assert.Equal("300", python.Attributes["http.response.body.size"]);
        Assert.InRange(Number(python, "snakehost.python_ms"), 60, python.Milliseconds);
        Assert.False(python.IsError);
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

        var attributes = (await shared.SpanAsync("python.asgi", tenant.Name)).Attributes;
        Assert.Equal(("101", "8", "24"), (attributes["http.response.status_code"], attributes["snakehost.websocket.received"], attributes["snakehost.websocket.sent"]));
        Assert.DoesNotContain("http.response.body.size", attributes.Keys);
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
    }

    private static double Number(ReceivedSpan span, string attribute) => double.Parse(span.Attributes[attribute], CultureInfo.InvariantCulture);
}
