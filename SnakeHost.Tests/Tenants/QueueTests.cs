using System.Net;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Tenants;

/// <summary>How many requests may wait for an app. The apps wait for a file, so that every number is certain.</summary>
public sealed class QueueTests(QueueGateway gateway) : IClassFixture<QueueGateway>
{
    private const string Wsgi =
        """
        import os, time

        def app(environ, start_response):
            while not os.path.exists("release"):
                time.sleep(0.005)
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [b"done"]
        """;

    private const string Asgi =
        """
        import asyncio, os

        async def app(scope, receive, send):
            if scope["type"] == "websocket":
                await receive()
                await send({"type": "websocket.accept"})
                await receive()
                return
            if scope["type"] != "http":
                raise RuntimeError(scope["type"])
            start = {"type": "http.response.start", "status": 200, "headers": []}
            if scope["path"] == "/stream":
                await send(start)
                await send({"type": "http.response.body", "body": b"first ", "more_body": True})
            while not os.path.exists("release"):
                await asyncio.sleep(0.005)
            if scope["path"] != "/stream":
                await send(start)
            await send({"type": "http.response.body", "body": b"done"})
        """;

    private const string Slow =
        """
        import os, time

        while not os.path.exists("release"):
            time.sleep(0.005)

        """;

    [Theory]
    [InlineData("wsgi", 3)]
    [InlineData("asgi", 2)]
    [Conforms(Standard.Gateway, "Queue", "one request more than may wait for an app is answered 503 with Retry-After at once; those that wait are answered")]
    public async Task OneMoreThanMayWait_Is503_AndTheOthersAreAnswered(string kind, int room)
    {
        var tenant = gateway.Tenants.Add(kind, ("main.py", kind == "wsgi" ? Wsgi : Asgi));
        var waiting = new List<Task<string>>();
        for (var number = 1; number <= room; number++)
        {
            waiting.Add(gateway.Client.TextAsync(tenant.Url("/")));
            // WSGI: the first is with the app's only thread.
            await HasAsync(tenant, inFlight: number, waiting: kind == "wsgi" ? number - 1 : number, refused: 0);
        }

        await RefusedAsync(tenant);
        await HasAsync(tenant, inFlight: room, waiting: 2, refused: 1);
        tenant.Write("release", "");
        Assert.All(await Task.WhenAll(waiting), text => Assert.Equal("done", text));
        Assert.Equal("done", await gateway.Client.TextAsync(tenant.Url("/")));
        await HasAsync(tenant, inFlight: 0, waiting: 0, refused: 1);
    }

    [Fact]
    [Conforms(Standard.Gateway, "Queue", "an ASGI answer that has begun does not count as waiting, however long it streams")]
    public async Task AnAnswerThatHasBegun_DoesNotWait()
    {
        var tenant = gateway.Tenants.Add("streams", ("main.py", Asgi));
        var streams = new List<HttpResponseMessage>();
        for (var number = 0; number < 4; number++)
            streams.Add(await gateway.Client.GetAsync(tenant.Url("/stream"), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken));
        await HasAsync(tenant, inFlight: 4, waiting: 0, refused: 0);

        tenant.Write("release", "");
        foreach (var stream in streams)
            Assert.Equal("first done", await stream.TextAsync(HttpStatusCode.OK));
    }

    [Fact]
    [Conforms(Standard.Gateway, "Queue", "a WebSocket that has been accepted does not count as waiting")]
    public async Task AWebSocketThatIsOpen_DoesNotWait()
    {
        var tenant = gateway.Tenants.Add("sockets", ("main.py", Asgi));
        var sockets = new List<SocketClient>();
        for (var number = 0; number < 3; number++)
            sockets.Add(await SocketClient.ConnectAsync(gateway.Process, tenant.Url("/")));
        await HasAsync(tenant, inFlight: 3, waiting: 0, refused: 0);
        foreach (var socket in sockets)
        {
            await socket.CloseAsync(1000, "");
            socket.Dispose();
        }

        await HasAsync(tenant, inFlight: 0, waiting: 0, refused: 0);
    }

    [Fact]
    [Conforms(Standard.Gateway, "Queue", "the bound holds for requests that wait for the app's load, too")]
    public async Task OneMoreThanMayWaitForALoad_Is503()
    {
        var tenant = gateway.Tenants.Add("slow", ("main.py", Slow + Wsgi));
        var waiting = new List<Task<string>>();
        for (var number = 1; number <= 2; number++)
        {
            waiting.Add(gateway.Client.TextAsync(tenant.Url("/")));
            await HasAsync(tenant, inFlight: 0, waiting: number, refused: 0);
        }

        await RefusedAsync(tenant);
        tenant.Write("release", "");
        Assert.All(await Task.WhenAll(waiting), text => Assert.Equal("done", text));
    }

    private async Task RefusedAsync(Tenant tenant)
    {
        using var refused = await gateway.Client.GetAsync(tenant.Url("/"), TestContext.Current.CancellationToken);
        Assert.Contains("The app's queue is full", await refused.TextAsync(HttpStatusCode.ServiceUnavailable), StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter!.Delta);
    }

    private Task HasAsync(Tenant tenant, int inFlight, int waiting, int refused) => Eventually.Async(async () =>
    {
        var state = await gateway.Process.Admin!.FindAsync(tenant.Directory);
        Assert.NotNull(state);
        Assert.Equal(
            (inFlight, waiting, refused),
            (state.Value.GetProperty("inFlight").GetInt32(), state.Value.GetProperty("waiting").GetInt32(), state.Value.GetProperty("refused").GetInt32()));
    });
}
