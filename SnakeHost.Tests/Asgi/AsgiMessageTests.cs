using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Asgi;

/// <summary>What an app may put into its messages, and what is not sent whatever it puts there.</summary>
public sealed class AsgiMessageTests(SharedGateways gateways)
{
    private const string App =
        AsgiApps.ByPath +
        """
        import http

        class Pair(tuple):
            pass

        async def generous(scope, receive, send):
            headers = (pair for pair in [Pair((b"x-pair", b"1")), [b"x-list", b"2"], iter((b"x-iterator", b"3"))])
            await send({"type": "http.response.start", "status": http.HTTPStatus.CREATED, "headers": headers, "unknown": 1})
            for body in (b"bytes ", bytearray(b"bytearray "), memoryview(b"memoryview")):
                await send({"type": "http.response.body", "body": body, "more_body": True})
            await send({"type": "http.response.body"})

        async def framing(scope, receive, send):
            await start(send, (b"transfer-encoding", b"gzip, chunked"), (b"connection", b"x-secret"), (b"x-kept", b"1"))
            await part(send, b"hello", more=False)

        async def long(scope, receive, send):
            await start(send, (b"content-length", b"3"))
            await part(send, b"abc")
            try:
                await part(send, b"defgh", more=False)
            except RuntimeError as error:
                seen.append(error)
                raise

        async def toolong(scope, receive, send):
            await start(send, (b"content-length", b"3"))
            await part(send, b"abcdef", more=False)

        async def short(scope, receive, send):
            await start(send, (b"content-length", b"10"))
            await part(send, b"abc", more=False)

        async def stream(scope, receive, send):
            await start(send)
            for _ in range(3):
                await part(send, b"chunk")
            await part(send, b"", more=False)

        async def forbidden(scope, receive, send):
            status = int(scope["query_string"])
            await start(send, (b"content-length", b"5"), status=status)
            await part(send, b"hello", more=False)

        async def twice(scope, receive, send):
            await start(send)
            try:
                await start(send)
            except RuntimeError as error:
                seen.append("start: " + str(error))
            await part(send, b"once", more=False)
            try:
                await part(send, b"more", more=False)
            except RuntimeError as error:
                seen.append("after: " + str(error))
            seen.append((await receive())["type"])
            seen.append((await receive())["type"])

        async def hints(scope, receive, send):
            await start(send)
            try:
                await send({"type": "http.response.early_hint", "links": [b"</a.css>; rel=preload"]})
            except RuntimeError as error:
                seen.append(error)
            await part(send, b"plain", more=False)
        """;

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiHttp, "Response Start - send event", "headers is any iterable of iterables of two byte strings; status any int")]
    [Conforms(Standard.AsgiHttp, "Response Body - send event", "Bodies of the parts are joined; body and more_body may be missing")]
    public async Task Messages_MayHoldAnythingThatServes(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);

        using var response = await app.GetAsync("/generous");
        Assert.Equal("bytes bytearray memoryview", await response.TextAsync(System.Net.HttpStatusCode.Created));
        Assert.Equal(("1", "2", "3"), (response.Values("x-pair").Single(), response.Values("x-list").Single(), response.Values("x-iterator").Single()));
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiHttp, "Response Start - send event", "Transfer-Encoding of the app is ignored; the server frames the body")]
    public async Task Framing_IsTheServers(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);

        var response = await app.RawAsync("/framing");
        Assert.Equal((200, "hello"), (response.Status, response.Body));
        Assert.Contains("x-kept: 1", response.Headers, StringComparer.OrdinalIgnoreCase);
        Assert.Contains("Content-Length: 5", response.Headers, StringComparer.OrdinalIgnoreCase);
        Assert.DoesNotContain(response.Headers, header => header.Contains("gzip", StringComparison.Ordinal) || header.Contains("x-secret", StringComparison.Ordinal));

        // HTTP/1.0 has no chunks: the end of the connection is the end of the body.
        var old = await RawRequest.SendAsync(app.Gateway.Process.Address, $"GET /stream HTTP/1.0\r\nHost: {app.Tenant.Host}\r\n\r\n");
        Assert.Equal("chunkchunkchunk", old.Body);
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.Http, "RFC 9110, 8.6", "A body longer than its Content-Length is cut off and refused; one that is shorter ends the connection, so that it does not look whole")]
    public async Task AContentLengthThatIsWrong_NeverLooksRight(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);

        var longer = await app.RawAsync("/long");
        Assert.Equal((200, "abc"), (longer.Status, longer.Body));
        Assert.Equal("The response body is longer than its Content-Length.", await app.TextAsync("/seen"));
        Assert.Equal(500, (await app.RawAsync("/toolong")).Status);
        var shorter = await app.RawAsync("/short");
        Assert.True(shorter.Status == 500 || shorter.Body.Length < 10, shorter.Text);
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.Http, "RFC 9110, 9.3.2", "HEAD is answered with the head that GET would have, and nothing behind it")]
    [Conforms(Standard.Http, "RFC 9110, 6.4.1", "204 and 304 have no body, and 204 no Content-Length either, whatever the app sends")]
    public async Task WhereThereIsNoBody_NoneIsSent(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);
        using var connection = await RawConnection.OpenAsync(app.Gateway.Process.Address);

        foreach (var request in new[] { "HEAD /stream", "HEAD /framing", "GET /forbidden?204", "GET /forbidden?304", "HEAD /forbidden?200" })
        {
            await connection.SendAsync($"{request} HTTP/1.1\r\nHost: {app.Tenant.Host}\r\n\r\n");
            var head = await connection.UntilAsync("\r\n\r\n");
            Assert.True(head.StartsWith("HTTP/1.1 200", StringComparison.Ordinal) || request.Contains(head.Split(' ')[1], StringComparison.Ordinal), head);
            Assert.Equal(!request.EndsWith("204", StringComparison.Ordinal) && !request.EndsWith("stream", StringComparison.Ordinal), head.Contains("Content-Length: 5", StringComparison.Ordinal));
        }

        // A body that had been sent would stand before this answer.
        await connection.SendAsync($"GET /framing HTTP/1.1\r\nHost: {app.Tenant.Host}\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", await connection.ToEndAsync(), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiHttp, "Response Body - send event", "After the last part nothing more is sent; what the app still sends is refused with an exception")]
    [Conforms(Standard.AsgiHttp, "Disconnect - receive event", "After the response, receive gives http.disconnect, as often as it is called")]
    public async Task MessagesOutOfOrder_AreRefused_AndTheAnswerIsAsIfTheyWereNot(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);

        var response = await app.RawAsync("/twice");
        Assert.Equal((200, "once"), (response.Status, response.Body));
        await Eventually.Async(async () => Assert.Equal(
            "start: expected the ASGI message 'http.response.body', got 'http.response.start'|after: unexpected ASGI message 'http.response.body': the response is complete|http.disconnect|http.disconnect",
            await app.TextAsync("/seen")));
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiExtensions, "Early Hints", "A message of an extension that is not announced is refused, and the response goes on")]
    public async Task AnExtensionThatIsNotAnnounced_IsRefused(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);

        Assert.Equal("plain", await app.TextAsync("/hints"));
        Assert.Equal("expected the ASGI message 'http.response.body', got 'http.response.early_hint'", await app.TextAsync("/seen"));
    }
}
