using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Telemetry;

/// <summary>Requests that wait too long for their answer: told once, with their stack, and marked on their span.</summary>
public sealed class SlowRequestTests : IAsyncLifetime
{
    private const string Wsgi =
        """
        import os, time

        def waits_for_it():
            while not os.path.exists("go"):
                time.sleep(0.01)

        def app(environ, start_response):
            path = environ["PATH_INFO"]
            if path == "/events":
                start_response("200 OK", [("Content-Type", "text/event-stream")])
                def events():
                    waits_for_it()
                    yield b"data: 1\n\n"
                return events()
            if path == "/stream":
                start_response("200 OK", [])(b"begun")
            if path != "/":
                waits_for_it()
            if path != "/stream":
                start_response("200 OK", [])
            return [b"done"]
        """;

    private const string Asgi =
        """
        import asyncio, os

        async def waits_for_it():
            while not os.path.exists("go"):
                await asyncio.sleep(0.01)

        async def app(scope, receive, send):
            if scope["type"] == "websocket":
                await receive()
                await send({"type": "websocket.accept"})
                await waits_for_it()
                await send({"type": "websocket.close"})
                return
            if scope["type"] != "http":
                raise NotImplementedError
            if scope["path"] not in ("/", "/events"):
                await waits_for_it()
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
            if scope["path"] == "/events":
                await waits_for_it()
            await send({"type": "http.response.body", "body": b"done"})
        """;

    private readonly TracedGateway _shared = new()
    {
        Arguments =
        [
            "--slow-request", "250ms",
            .. SharedGateway.Route(0, ("Host", "*.own.localhost"), ("WorkingDirectory", "{http.request.host.labels.2}"), ("Isolation", "process")),
            .. SharedGateway.Route(1, ("Host", "*.localhost"), ("WorkingDirectory", "{http.request.host.labels.1}")),
        ],
    };

    public ValueTask InitializeAsync() => _shared.InitializeAsync();

    public ValueTask DisposeAsync() => _shared.DisposeAsync();

    [Fact]
    public async Task ASlowRequest_IsToldOnce_WithItsStack_AndMarked_AStreamAndASocketAreNot()
    {
        var client = _shared.Gateway.Client;
        var output = _shared.Gateway.Output;
        (Tenant Tenant, string Host)[] tenants =
        [
            (_shared.Tenants.Add("threads", ("main.py", Wsgi)), "threads.localhost"),
            (_shared.Tenants.Add("apart", ("main.py", Wsgi)), "apart.own.localhost"),
            (_shared.Tenants.Add("loop", ("main.py", Asgi)), "loop.localhost"),
        ];
        using var streams = await client.GetAsync(tenants[0].Tenant.Url("/stream"), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        var answers = new List<Task<string>>();
        foreach (var (tenant, host) in tenants)
        {
            Assert.Equal("done", await client.TextAsync(new Uri($"http://{host}/")));
            answers.Add(client.TextAsync(new Uri($"http://{host}/events")));
            answers.Add(client.TextAsync(new Uri($"http://{host}/slow")));
        }

        using var socket = await SocketClient.ConnectAsync(_shared.Gateway, tenants[2].Tenant.Url("/socket"));
        foreach (var (tenant, _) in tenants)
            await output.WaitForLineAsync($"{tenant.Name} has not answered GET /slow for ");
        // Whoever came before it has been looked at as well. A second one, which comes later, shows that the first is not told again.
        foreach (var (tenant, host) in tenants)
            answers.Add(client.TextAsync(new Uri($"http://{host}/second")));
        foreach (var (tenant, _) in tenants)
            await output.WaitForLineAsync($"{tenant.Name} has not answered GET /second");
        foreach (var (tenant, _) in tenants)
            tenant.Write("go", "");
        await Task.WhenAll(answers);

        var told = output.All.Where(line => line.Contains("has not answered", StringComparison.Ordinal)).ToList();
        Assert.Equal(tenants.Length * 2, told.Count);
        Assert.Equal(told.Count, output.All.Count(line => line.Contains(", in waits_for_it", StringComparison.Ordinal)));
        foreach (var (tenant, _) in tenants)
        {
            await Eventually.Async(() =>
            {
                var slow = _shared.Receiver.Spans.Where(span => span.Service == tenant.Name && span.Attributes.ContainsKey("snakehost.slow")).ToList();
                Assert.Equal(2, slow.Count);
                Assert.All(slow, span => Assert.Contains("in waits_for_it", span.Event("snakehost.slow_request")["code.stacktrace"], StringComparison.Ordinal));
                return Task.CompletedTask;
            });
        }
    }
}
