using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Http;

/// <summary>What a request of HTTP/2 may hold, as strict as a request of HTTP/1.1.</summary>
public sealed class Http2FieldTests(Http2Gateway gateway) : IClassFixture<Http2Gateway>
{
    private const string Key = "dGhlIHNhbXBsZSBub25jZQ==";

    [Theory]
    [InlineData("x-a", "b", "200")]
    [InlineData("x_a", "b\tc", "200")]
    [InlineData("x-a", "\u0080\u00ff", "200")]
    [InlineData("x(a", "b", "closed")]
    [InlineData("x\u0001a", "b", "closed")]
    [InlineData("x\u007fa", "b", "closed")]
    [InlineData("x\ta", "b", "closed")]
    [InlineData("x:a", "b", "closed")]
    [InlineData("content-length\v", "5", "closed")]
    [InlineData("x\u00e4", "b", "closed")]
    [InlineData(":x(", "b", "closed")]
    [InlineData("x-a", "b\u0001", "400")]
    [InlineData("x-a", "b\u007f", "400")]
    [InlineData("x-a", "b\0", "closed")]
    [InlineData("cookie", "a=\u001b", "400")]
    [InlineData("content-length", "+0", "closed")]
    [Conforms(Standard.Http, "RFC 9113, 8.2.1", "a value with a control character is answered 400, and other requests of the connection go on; a name that is no token, and NUL, CR and LF in a value, end it")]
    public async Task AField_IsNamedByAToken_AndHoldsNoControlCharacter(string name, string value, string outcome)
    {
        foreach (var tenant in gateway.Both)
            Assert.Equal(outcome, await Http2Frames.AskAsync(gateway.Process.Address, Http2Frames.Get(tenant.Host, (name, value))));
    }

    [Theory]
    [InlineData("/x\ty")]
    [InlineData("/x\u007fy")]
    [InlineData("/x?\v")]
    public async Task AControlCharacterInThePath_IsRefused(string path)
    {
        foreach (var tenant in gateway.Both)
        {
            var outcome = await Http2Frames.AskAsync(gateway.Process.Address, (":method", "GET"), (":scheme", "http"), (":path", path), (":authority", tenant.Host));
            Assert.True(outcome is "400" or "reset" or "closed", outcome);
        }
    }

    [Theory]
    [InlineData("xn--99999999.localhost")]
    [InlineData("xn--.localhost")]
    public async Task AnAuthorityThatClaimsToBePunycode_Is404(string host) =>
        Assert.Equal("404", await Http2Frames.AskAsync(gateway.Process.Address, Http2Frames.Get(host)));

    [Theory]
    [InlineData("websocket", "13", "200", "501")]
    [InlineData("websocket", "8", "400", "501")]
    [InlineData("WebSocket", "13", "200", "501")]
    [InlineData("connect-udp", "13", "501", "501")]
    [Conforms(Standard.Http, "RFC 9220, 3", "an extended CONNECT for a protocol that the app does not speak is answered 501")]
    public async Task AnExtendedConnect_IsAWebSocketToAnAsgiApp_OrNothing(string protocol, string version, string asgi, string wsgi)
    {
        foreach (var (tenant, expected) in new[] { (gateway.Asgi, asgi), (gateway.Wsgi, wsgi) })
        {
            Assert.Equal(expected, await Http2Frames.AskAsync(gateway.Process.Address,
                (":method", "CONNECT"), (":protocol", protocol), (":scheme", "http"), (":path", "/x"), (":authority", tenant.Host), ("sec-websocket-version", version),
                ("sec-websocket-key", Key)));
        }
    }
}
