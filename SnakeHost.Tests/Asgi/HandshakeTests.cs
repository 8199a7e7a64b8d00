using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Asgi;

/// <summary>Requests that ask for a WebSocket, well or badly (RFC 6455, 4.2.1).</summary>
public sealed class HandshakeTests(SharedGateways gateways)
{
    private const string Upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    private const string Version = "Sec-WebSocket-Version: 13\r\n";
    private const string Key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    private const string Close = "\u0088\u0082\0\0\0\0\u0003\u00e8";

    private const string App =
        """
        async def app(scope, receive, send):
            if scope["type"] == "websocket":
                await receive()
                await send({"type": "websocket.accept"})
                await receive()
            elif scope["type"] == "http":
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": b"http"})
        """;

    [Theory]
    [InlineData("GET", "1.1", Upgrade + Version + Key, 101)]
    [InlineData("GET", "1.1", "Connection: keep-alive, upgrade\r\nUpgrade: WebSocket\r\n" + Version + Key, 101)]
    [InlineData("GET", "1.1", "Connection: keep-alive\r\nConnection: upgrade\r\nUpgrade: other, websocket\r\nSec-WebSocket-Version: 8, 13\r\n" + Key, 101)]
    [InlineData("GET", "1.1", Upgrade + Version, 400)]
    [InlineData("GET", "1.1", Upgrade + Version + "Sec-WebSocket-Key:\r\n", 400)]
    [InlineData("GET", "1.1", Upgrade + Version + "Sec-WebSocket-Key: AAAA\r\n", 400)]
    [InlineData("GET", "1.1", Upgrade + Version + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n", 400)]
    [InlineData("GET", "1.1", Upgrade + Version + "Sec-WebSocket-Key: ????????????????????????\r\n", 400)]
    [InlineData("GET", "1.1", Upgrade + Version + Key + Key, 400)]
    [InlineData("GET", "1.1", Upgrade + "Sec-WebSocket-Version: 8\r\n" + Key, 426)]
    [InlineData("GET", "1.1", Upgrade + "Sec-WebSocket-Version: 130\r\n" + Key, 426)]
    [InlineData("GET", "1.1", Upgrade + Key, 426)]
    [InlineData("GET", "1.0", Upgrade + Version + Key, 400)]
    [InlineData("POST", "1.1", Upgrade + Version + Key + "Content-Length: 0\r\n", 400)]
    [InlineData("PUT", "1.1", Upgrade + Version + Key, 400)]
    [InlineData("GET", "1.1", "Connection: close\r\nUpgrade: websocket\r\n" + Version + Key, 200)]
    [InlineData("GET", "1.1", "Connection: close, upgrade\r\nUpgrade: other\r\n" + Version + Key, 200)]
    [InlineData("GET", "1.1", "Connection: close\r\n" + Version + Key, 200)]
    [Conforms(Standard.WebSocket, "RFC 6455, 4.2.2", "a handshake that is none (no key, one that is not of 16 bytes, two, HTTP/1.0, another method than GET) is answered 400, and the connection closed")]
    [Conforms(Standard.WebSocket, "RFC 6455, 4.4", "another version than 13 is answered 426 with Sec-WebSocket-Version")]
    public async Task AHandshake_IsTaken_OrRefusedBeforeTheApp(string method, string version, string headers, int status)
    {
        var app = await ServedApp.OfAsync(gateways, InstalledPythons.Default, App);

        var response = await RawRequest.SendAsync(app.Gateway.Process.Address, $"{method} / HTTP/{version}\r\nHost: {app.Tenant.Host}\r\n{headers}\r\n{(status == 101 ? Close : "")}");

        Assert.Equal(status, response.Status);
        Assert.Equal(status is 400 or 426, response.Headers.Contains("Sec-WebSocket-Version: 13"));
        Assert.Equal(status is 101 or 426, response.Headers.Contains("Upgrade: websocket"));
        Assert.Equal(status == 200, response.Body.Contains("http", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("GET", "1.1", Upgrade + Version + Key)]
    [InlineData("GET", "1.1", Upgrade + Version)]
    [InlineData("GET", "1.1", Upgrade + "Sec-WebSocket-Version: 8\r\n" + Key)]
    [InlineData("GET", "1.0", Upgrade + Version + Key)]
    [Conforms(Standard.Http, "RFC 9110, 7.8", "an upgrade that the app has no use for is ignored")]
    public async Task ToAWsgiApp_AnyHandshakeIsARequestLikeOthers(string method, string version, string headers)
    {
        var app = await ServedApp.OfAsync(gateways, InstalledPythons.Default, PythonApps.Answering("def answer(path): return path"));

        var response = await RawRequest.SendAsync(app.Gateway.Process.Address,
            $"{method} /x HTTP/{version}\r\nHost: {app.Tenant.Host}\r\n{headers.Replace("Connection: Upgrade", "Connection: Upgrade, close", StringComparison.Ordinal)}\r\n");

        Assert.Equal(200, response.Status);
        Assert.Contains("/x", response.Body, StringComparison.Ordinal);
    }
}
