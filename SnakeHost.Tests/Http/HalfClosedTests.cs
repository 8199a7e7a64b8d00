using SnakeHost.Tests.Asgi;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Http;

/// <summary>Clients that end their sending (FIN) behind a request: those that wait for the answer, and those that have closed, which looks the same.</summary>
public sealed class HalfClosedTests(SharedGateways gateways)
{
    /// <summary>The path says how to answer; <c>/slow</c> waits until <c>/open</c> has been asked for.</summary>
    private const string Wsgi =
        """
        import threading

        gate, seen = threading.Event(), []

        def app(environ, start_response):
            path = environ["PATH_INFO"]
            body = environ["wsgi.input"].read()
            if path == "/slow":
                seen.append("waiting")
                gate.wait(60)
            elif path == "/open":
                gate.set()
            elif path == "/seen":
                body = "|".join(seen).encode()
            start_response("200 OK", [("Content-Type", "text/plain")])
            return endless() if path == "/endless" else [b"answer to " + path.encode() + b" ", body, b"."] if path == "/parts" else [body + path.encode() + b"."]

        def endless():
            try:
                while True:
                    yield b"x" * 1000
            finally:
                seen.append("closed")
        """;

    private const string Asgi =
        AsgiApps.ByPath +
        """
        gate = asyncio.Event()

        async def body_of(receive):
            body, more = b"", True
            while more:
                message = await receive()
                body, more = body + message["body"], message["more_body"]
            return body

        async def quick(scope, receive, send):
            await text(send, await body_of(receive) + scope["path"].encode() + b".")

        again = quick

        async def parts(scope, receive, send):
            body = await body_of(receive)
            await start(send)
            await part(send, b"answer to /parts ")
            await part(send, body)
            await part(send, b".", more=False)

        async def slow(scope, receive, send):
            seen.append("waiting")
            await gate.wait()
            await text(send, b"/slow.")

        async def open(scope, receive, send):
            gate.set()
            await text(send, b"")

        async def cautious(scope, receive, send):
            # What Django does: the view is cancelled when the client leaves.
            await body_of(receive)

            async def listen():
                seen.append((await receive())["type"])

            async def work():
                await asyncio.sleep(0.001)
                await text(send, b"/cautious.")

            tasks = {asyncio.create_task(listen()), asyncio.create_task(work())}
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()

        async def waits(scope, receive, send):
            await body_of(receive)
            seen.append("waiting")
            seen.append((await receive())["type"])

        async def endless(scope, receive, send):
            await start(send)
            try:
                while True:
                    await part(send, b"x" * 1000)
            finally:
                seen.append("closed")
        """;

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    [Conforms(Standard.Http, "RFC 9112, 9.6", "A client that has ended its sending gets the answers to all that it has sent")]
    public async Task AClientThatEndsItsSending_GetsItsAnswers(string python, string kind)
    {
        var app = await ServedApp.OfAsync(gateways, python, kind == "wsgi" ? Wsgi : Asgi);
        var host = $"Host: {app.Tenant.Host}\r\n";
        var large = new string('y', 300_000);

        foreach (var (requests, ends) in new (string, string[])[]
        {
            ($"GET /quick HTTP/1.1\r\n{host}\r\n", ["\r\n\r\n/quick."]),
            ($"GET /quick HTTP/1.0\r\n{host}\r\n", ["\r\n\r\n/quick."]),
            ($"GET /quick HTTP/1.0\r\n{host}Connection: keep-alive\r\n\r\n", ["\r\n\r\n/quick."]),
            ($"GET /quick HTTP/1.1\r\n{host}\r\nPOST /quick HTTP/1.1\r\n{host}Content-Length: 5\r\n\r\nhelloGET /again HTTP/1.1\r\n{host}\r\n", ["\r\n\r\n/quick.", "\r\n\r\nhello/quick.", "\r\n\r\n/again."]),
            ($"POST /quick HTTP/1.1\r\n{host}Content-Length: 5\r\n\r\nhello", ["\r\n\r\nhello/quick."]),
            ($"POST /quick HTTP/1.0\r\n{host}Content-Length: 5\r\n\r\nhello", ["\r\n\r\nhello/quick."]),
            ($"POST /quick HTTP/1.1\r\n{host}Content-Length: 300000\r\n\r\n{large}", [large + "/quick."]),
            ($"POST /quick HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", ["\r\n\r\nhello/quick."]),
            ($"POST /parts HTTP/1.1\r\n{host}Content-Length: 5\r\n\r\nhello", ["5\r\nhello\r\n1\r\n.\r\n0\r\n\r\n"]),
            ($"POST /parts HTTP/1.0\r\n{host}Content-Length: 300000\r\n\r\n{large}", [$"\r\n\r\nanswer to /parts {large}."]),
        })
        {
            using var connection = await RawConnection.OpenAsync(app.Gateway.Process.Address);
            await connection.SendAsync(requests);
            connection.EndSending();
            foreach (var end in ends)
                Assert.StartsWith("HTTP/1.1 200", await connection.UntilAsync(end), StringComparison.Ordinal);
            Assert.Equal("", await connection.ToEndAsync());
        }
    }

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task ASlowAnswer_ComesTo_AClientThatHasEndedItsSending(string python, string kind)
    {
        var app = await ServedApp.OfAsync(gateways, python, kind == "wsgi" ? Wsgi : Asgi);
        using var connection = await app.BeginAsync("GET /slow");
        connection.EndSending();
        await Eventually.Async(async () => Assert.StartsWith("waiting", await app.TextAsync("/seen"), StringComparison.Ordinal));

        await app.TextAsync("/open");

        Assert.EndsWith("\r\n\r\n/slow.", await connection.ToEndAsync(), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task AClientThatCloses_EndsItsStream(string python, string kind)
    {
        var app = await ServedApp.OfAsync(gateways, python, kind == "wsgi" ? Wsgi : Asgi);
        using (var connection = await app.BeginAsync("GET /endless"))
            await connection.UntilAsync("xxx");

        await Eventually.Async(async () => Assert.Contains("closed", await app.TextAsync("/seen"), StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiHttp, "Disconnect - receive event", "A client that has ended its sending is http.disconnect to who waits for it, but not at once: a quick answer comes first")]
    public async Task WhoWaitsForTheClientsLeaving_IsToldOfItsSilence_AfterAQuickAnswer(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, Asgi);

        for (var i = 0; i < 10; i++)
        {
            using var quick = await app.BeginAsync("GET /cautious");
            quick.EndSending();
            Assert.EndsWith("\r\n\r\n/cautious.", await quick.ToEndAsync(), StringComparison.Ordinal);
        }

        using var waiting = await app.BeginAsync("GET /waits");
        waiting.EndSending();
        await Eventually.Async(async () => Assert.EndsWith("waiting|http.disconnect", await app.TextAsync("/seen"), StringComparison.Ordinal));
        Assert.Equal("", await waiting.ToEndAsync());
    }
}
