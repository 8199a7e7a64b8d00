using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Asgi;

/// <summary>Clients that are slow, that leave, and apps that do something else meanwhile.</summary>
public sealed class AsgiDisconnectTests(SharedGateways gateways)
{
    private const string App =
        AsgiApps.ByPath +
        """
        import time

        sent, pending_since = 0, None
        CHUNK, CHUNKS = 65536, 1024

        async def flood(scope, receive, send):
            global sent, pending_since
            await start(send)
            for number in range(CHUNKS):
                pending_since = time.monotonic()
                await part(send, b"x" * CHUNK)
                pending_since = None
                sent += 1
            await part(send, b"", more=False)

        async def stalled(scope, receive, send):
            await text(send, f"{sent} {pending_since is not None and time.monotonic() - pending_since > 0.5}")

        async def wait(scope, receive, send):
            assert (await receive())["type"] == "http.request"
            seen.append("waiting")
            seen.append((await receive())["type"])
            try:
                await start(send)
                await part(send, b"too late", more=False)
            except OSError as error:
                seen.append(isinstance(error, OSError))
                raise

        async def endless(scope, receive, send):
            await start(send)
            try:
                while True:
                    await part(send, b"x" * 1000)
            except OSError as error:
                seen.append("OSError")
                raise LookupError("wrapped by a framework") from error

        async def upload(scope, receive, send):
            seen.append((await receive())["body"].decode())
            while (await receive())["type"] != "http.disconnect":
                pass
            seen.append("disconnect")

        async def group(scope, receive, send):
            # What Starlette's StreamingResponse does: whichever ends first cancels the other.
            async def listen():
                while (await receive())["type"] != "http.disconnect":
                    pass
                return "left"

            async def stream():
                try:
                    await start(send)
                    while True:
                        await part(send, b"x")
                        await asyncio.sleep(0.01)
                except asyncio.CancelledError:
                    seen.append("cancelled")
                    raise

            tasks = {asyncio.create_task(listen()), asyncio.create_task(stream())}
            done, others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in others:
                task.cancel()
            await asyncio.wait(others or done)
            seen.append("grouped")

        async def outlive(scope, receive, send):
            async def later():
                await go.wait()
                seen.append("outlived")
            tasks.append(asyncio.create_task(later()))
            await text(send, b"answered")

        async def release(scope, receive, send):
            go.set()
            await text(send, b"")

        async def timeout(scope, receive, send):
            await receive()
            try:
                await asyncio.wait_for(receive(), 0.05)
            except asyncio.TimeoutError:
                return await text(send, b"timed out")

        go, tasks = asyncio.Event(), []
        """;

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiHttp, "Response Body - send event", "send waits while the client does not read: what is kept for it is bounded")]
    public async Task AClientThatDoesNotRead_HoldsTheAppUp(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);
        using var connection = await RawConnection.OpenAsync(app.Gateway.Process.Address, receiveBuffer: 4096);
        await connection.SendAsync($"GET /flood HTTP/1.0\r\nHost: {app.Tenant.Host}\r\n\r\n");

        var sent = 0;
        await Eventually.Async(async () =>
        {
            var state = (await app.TextAsync("/stalled")).Split(' ');
            Assert.Equal("True", state[1]);
            sent = int.Parse(state[0], System.Globalization.CultureInfo.InvariantCulture);
        });
        // Of 64 MiB; what is under way is in the kernel's buffers.
        Assert.InRange(sent, 1, 300);
        var answer = await connection.ToEndAsync();
        Assert.Equal(1024 * 65536, answer.Length - answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) - 4);
        Assert.Equal("1024 False", await app.TextAsync("/stalled"));
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiHttp, "Disconnect - receive event", "A client that leaves while the app waits in receive is http.disconnect")]
    [Conforms(Standard.AsgiHttp, "Disconnected Client - send exception", "send on a closed connection raises a subclass of OSError, which is not logged as an error when the app lets it pass or wraps it")]
    public async Task AClientThatLeaves_IsNoErrorOfTheApp(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);
        using (var connection = await RawConnection.OpenAsync(app.Gateway.Process.Address))
        {
            await connection.SendAsync($"GET /wait HTTP/1.1\r\nHost: {app.Tenant.Host}\r\n\r\n");
            await Eventually.Async(async () => Assert.Equal("waiting", await app.TextAsync("/seen")));
        }

        await Eventually.Async(async () => Assert.Equal("waiting|http.disconnect|True", await app.TextAsync("/seen")));
        using (var connection = await RawConnection.OpenAsync(app.Gateway.Process.Address))
        {
            await connection.SendAsync($"GET /endless HTTP/1.1\r\nHost: {app.Tenant.Host}\r\n\r\n");
            await connection.UntilAsync("xxx");
            connection.Reset();
        }

        await Eventually.Async(async () => Assert.Equal("waiting|http.disconnect|True|OSError", await app.TextAsync("/seen")));
        using (var connection = await RawConnection.OpenAsync(app.Gateway.Process.Address))
        {
            await connection.SendAsync($"POST /upload HTTP/1.1\r\nHost: {app.Tenant.Host}\r\nContent-Length: 100\r\n\r\nhalf");
            await Eventually.Async(async () => Assert.Equal("waiting|http.disconnect|True|OSError|half", await app.TextAsync("/seen")));
            connection.Reset();
        }

        await Eventually.Async(async () => Assert.Equal("waiting|http.disconnect|True|OSError|half|disconnect", await app.TextAsync("/seen")));
        // What is wrong with an app itself is logged, and stands behind what came before it.
        using (var failed = await app.GetAsync("/nothing"))
            Assert.Equal(500, (int)failed.StatusCode);
        await app.Gateway.Process.Output.WaitForAsync(line => line.Contains($"{app.Tenant.Name} failed to answer GET /nothing", StringComparison.Ordinal), "the error of another request");
        Assert.DoesNotContain(app.Gateway.Process.Output.All, line => line.Contains($"{app.Tenant.Name} failed to answer", StringComparison.Ordinal) && !line.EndsWith("/nothing", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiHttp, "Disconnect - receive event", "A task that listens for the client's leaving may run beside one that sends")]
    public async Task ATaskThatListensForTheEnd_CancelsTheOneThatStreams(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);
        using (var connection = await RawConnection.OpenAsync(app.Gateway.Process.Address))
        {
            await connection.SendAsync($"GET /group HTTP/1.1\r\nHost: {app.Tenant.Host}\r\n\r\n");
            await connection.UntilAsync("x\r\n1\r\nx");
        }

        // Either of the two may notice first.
        await Eventually.Async(async () => Assert.EndsWith("grouped", await app.TextAsync("/seen"), StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.Gateway, "Event loop", "Tasks that an app starts live on after the request that started them; a receive that is given up costs nothing")]
    public async Task Tasks_OutliveTheRequest_AndWaitsMayBeGivenUp(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);

        Assert.Equal("answered", await app.TextAsync("/outlive"));
        Assert.Equal("timed out", await app.TextAsync("/timeout"));
        Assert.Equal("", await app.TextAsync("/seen"));
        await app.TextAsync("/release");
        await Eventually.Async(async () => Assert.Equal("outlived", await app.TextAsync("/seen")));
    }
}
