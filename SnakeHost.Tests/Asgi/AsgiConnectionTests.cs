using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Asgi;

/// <summary>How requests and answers share a connection.</summary>
public sealed class AsgiConnectionTests(SharedGateways gateways)
{
    private const string App =
        AsgiApps.ByPath +
        """
        gate = asyncio.Event()

        async def index(scope, receive, send):
            await text(send, scope["query_string"])

        async def slow(scope, receive, send):
            await gate.wait()
            await text(send, b"slow")

        async def opened(scope, receive, send):
            gate.set()
            await text(send, b"opened")

        async def echo(scope, receive, send):
            body, more = b"", True
            while more:
                message = await receive()
                body, more = body + message["body"], message["more_body"]
            await text(send, body)

        async def ignore(scope, receive, send):
            await text(send, b"ignored")

        async def closing(scope, receive, send):
            await start(send, (b"Connection", scope["query_string"].replace(b"_", b" ")), (b"content-length", b"4"))
            await part(send, b"do")
            await part(send, b"ne", more=False)

        async def early(scope, receive, send):
            await text(send, b"early")
            seen.extend([(await receive())["type"], (await receive())["type"]])

        async def kinds(scope, receive, send):
            message = await receive()
            await text(send, repr(sorted(message.items())))

        async def events(scope, receive, send):
            await start(send, (b"content-type", b"text/event-stream"), (b"cache-control", b"no-store"))
            for number in range(3):
                await part(send, b"id: %d\ndata: %d\n\n" % (number, number))
                await gate.wait()
                gate.clear()
            await part(send, b"", more=False)
        """;

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.Http, "RFC 9112, 9.3.2", "Pipelined requests are answered in their order, though a later one is ready first")]
    public async Task RequestsInOneSegment_AreAnsweredInOrder(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);
        using var connection = await RawConnection.OpenAsync(app.Gateway.Process.Address);

        await connection.SendAsync(string.Concat(new[] { "/?1", "/slow", "/?2" }.Select(target => $"GET {target} HTTP/1.1\r\nHost: {app.Tenant.Host}\r\n\r\n")));
        await connection.UntilAsync("\r\n\r\n1");
        Assert.Equal("opened", await app.TextAsync("/opened"));
        Assert.Contains("\r\n\r\nslow", await connection.UntilAsync("slow"), StringComparison.Ordinal);
        await connection.UntilAsync("\r\n\r\n2");
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.Http, "RFC 9112, 9.3", "A connection of HTTP/1.1 serves further requests, also after a body that the app did not read")]
    public async Task AConnection_IsKept_AlsoAfterABodyThatNobodyRead(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);
        using var connection = await RawConnection.OpenAsync(app.Gateway.Process.Address);

        await connection.SendAsync($"POST /ignore HTTP/1.1\r\nHost: {app.Tenant.Host}\r\nContent-Length: 100000\r\n\r\n{new string('x', 100000)}");
        await connection.UntilAsync("\r\n\r\nignored");
        await connection.SendAsync($"GET /?again HTTP/1.1\r\nHost: {app.Tenant.Host}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", await connection.UntilAsync("\r\n\r\nagain"), StringComparison.Ordinal);

        await connection.SendAsync($"GET /?last HTTP/1.0\r\nHost: {app.Tenant.Host}\r\nConnection: keep-alive\r\n\r\n");
        await connection.UntilAsync("\r\n\r\nlast");
        await connection.SendAsync($"GET /?more HTTP/1.0\r\nHost: {app.Tenant.Host}\r\n\r\n");
        Assert.EndsWith("\r\n\r\nmore", await connection.ToEndAsync(), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.Http, "RFC 9112, 9.6", "An ASGI app may end the connection behind its answer by Connection: close; other options of the connection are dropped")]
    public async Task AnAppThatSaysClose_EndsTheConnection(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);

        foreach (var value in new[] { "close", "Close", "keep-alive,_CLOSE", "x-secret,close" })
        {
            using var connection = await app.BeginAsync($"GET /closing?{value}");
            var answer = await connection.ToEndAsync();
            Assert.Contains("\r\nConnection: close\r\n", answer, StringComparison.Ordinal);
            Assert.EndsWith("\r\n\r\ndone", answer, StringComparison.Ordinal);
        }

        foreach (var value in new[] { "keep-alive", "x-secret", "closed" })
        {
            using var connection = await app.BeginAsync($"GET /closing?{value}");
            Assert.DoesNotContain("Connection:", await connection.UntilAsync("\r\n\r\ndone"), StringComparison.Ordinal);
            await connection.SendAsync($"GET /?again HTTP/1.1\r\nHost: {app.Tenant.Host}\r\n\r\n");
            await connection.UntilAsync("\r\n\r\nagain");
        }
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiHttp, "Disconnect - receive event", "After the response a body that the app has not received is gone, whether it is there, to come, or none")]
    public async Task AfterTheAnswer_NoBodyIsReceived(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);

        Assert.Equal("early", await app.TextAsync("/early"));
        Assert.Equal("early", await app.PostAsync("/early", new StringContent("small")));
        Assert.Equal("early", await app.PostAsync("/early", new StringContent(new string('x', 300_000))));

        await Eventually.Async(async () => Assert.Equal(string.Join('|', Enumerable.Repeat("http.disconnect", 6)), await app.TextAsync("/seen")));
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.Http, "RFC 9110, 10.1.1", "A client that expects 100 Continue gets it when the app asks for the body, and not before")]
    public async Task Continue_IsSaidWhenTheAppReceives(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);
        using var reading = await RawConnection.OpenAsync(app.Gateway.Process.Address);
        await reading.SendAsync($"POST /echo HTTP/1.1\r\nHost: {app.Tenant.Host}\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", await reading.UntilAsync("\r\n\r\n"));
        await reading.SendAsync("hello");
        Assert.StartsWith("HTTP/1.1 200", await reading.UntilAsync("\r\n\r\nhello"), StringComparison.Ordinal);

        using var ignoring = await RawConnection.OpenAsync(app.Gateway.Process.Address);
        await ignoring.SendAsync($"POST /ignore HTTP/1.1\r\nHost: {app.Tenant.Host}\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n");
        var answer = await ignoring.UntilAsync("ignored");
        // Of an app in a process: .NET's client, by which the gateway asks that, wants the body of a request once a good answer has come, and the gateway asks for it unless that answer is on its way by then.
        const string Continue = "HTTP/1.1 100 Continue\r\n\r\n";
        if (InstalledPythons.Parse(python).IsProcess && answer.StartsWith(Continue, StringComparison.Ordinal))
            answer = answer[Continue.Length..];
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiHttp, "Request - receive event", "A chunked body arrives without its framing")]
    [Conforms(Standard.AsgiHttp, "Request - receive event", "A request without a body is one http.request with an empty body and more_body false")]
    public async Task Bodies_ArriveDecoded(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);

        var chunked = await RawRequest.SendAsync(
            app.Gateway.Process.Address,
            $"POST /echo HTTP/1.1\r\nHost: {app.Tenant.Host}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5;x=1\r\nhello\r\n7\r\n, world\r\n0\r\nX-Trailer: 1\r\n\r\n");
        Assert.Equal((200, "hello, world"), (chunked.Status, chunked.Body));
        Assert.Equal("[('body', b''), ('more_body', False), ('type', 'http.request')]", await app.TextAsync("/kinds"));
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiHttp, "Response Body - send event", "A part is on its way to the client when send returns: an event stream shows each event at once")]
    public async Task EventsOfAStream_ArriveOneByOne(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);
        using var connection = await RawConnection.OpenAsync(app.Gateway.Process.Address);

        await connection.SendAsync($"GET /events HTTP/1.1\r\nHost: {app.Tenant.Host}\r\nConnection: close\r\n\r\n");
        Assert.Contains("Content-Type: text/event-stream", await connection.UntilAsync("\r\n\r\n"), StringComparison.Ordinal);
        for (var number = 0; number < 3; number++)
        {
            await connection.UntilAsync($"id: {number}\ndata: {number}\n\n");
            Assert.DoesNotContain("id:", connection.Pending, StringComparison.Ordinal);
            await app.TextAsync("/opened");
        }

        Assert.EndsWith("0\r\n\r\n", await connection.ToEndAsync(), StringComparison.Ordinal);
    }
}
