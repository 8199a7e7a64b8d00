using System.IO.Compression;
using System.Text;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Asgi;

/// <summary>The protocol of WebSockets, frame by frame: what the Autobahn test suite asks, in small.</summary>
public sealed class WebSocketFrameTests(SharedGateways gateways)
{
    private const string App =
        AsgiApps.ByPath +
        """
        import os, time

        async def echo(scope, receive, send):
            async def answer(message):
                try:
                    await send(message)
                except OSError:
                    pass  # The client may have it and be gone before the app is told that it was sent.

            await receive()
            await answer({"type": "websocket.accept"})
            while True:
                message = await receive()
                if message["type"] == "websocket.disconnect":
                    seen.append(f"{message['code']} {message['reason']}".strip())
                    assert message == await receive()
                    return
                await answer({**message, "type": "websocket.send"})

        async def large(scope, receive, send):
            await receive()
            await send({"type": "websocket.accept"})
            sending = asyncio.ensure_future(send({"type": "websocket.send", "bytes": bytes(32_000_000)}))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            await send({"type": "websocket.send", "text": "sent" if sending.done() else "under way"})

        async def slow(scope, receive, send):
            await works(scope, receive, send, asyncio.sleep)

        async def blocks(scope, receive, send):
            async def sleep(seconds):
                time.sleep(seconds)
            await works(scope, receive, send, sleep)

        async def works(scope, receive, send, sleep):
            await receive()
            await send({"type": "websocket.accept"})
            while len(receive.__self__.inbox) < 16:  # so many are read ahead
                await asyncio.sleep(0.01)
            for number in range(1, 3):
                await receive()
                while not os.path.exists(f"{scope['path'][1:]}{number}"):
                    await sleep(0.01)
        """;

    /// <summary>The frames that a client must not send, and the code with which the connection fails.</summary>
    public static TheoryData<string, int, byte[], int> Violations { get; } = new()
    {
        { "a reserved bit", RawSocket.Final | RawSocket.Text | 0x40, [1], 1002 },
        { "a reserved opcode", RawSocket.Final | 3, [1], 1002 },
        { "a reserved control opcode", RawSocket.Final | 11, [1], 1002 },
        { "a continuation of nothing", RawSocket.Final | RawSocket.Continuation, [1], 1002 },
        { "a fragmented ping", RawSocket.Ping, [1], 1002 },
        { "a long ping", RawSocket.Final | RawSocket.Ping, new byte[126], 1002 },
        { "text that is not UTF-8", RawSocket.Final | RawSocket.Text, [0xC3, 0x28], 1007 },
        { "text with a surrogate", RawSocket.Final | RawSocket.Text, [0xED, 0xA0, 0x80], 1007 },
        { "a close of one byte", RawSocket.Final | RawSocket.Close, [3], 1002 },
        { "a close with a code that may not be sent", RawSocket.Final | RawSocket.Close, RawSocket.Code(1005), 1002 },
        { "a close with a code of nobody", RawSocket.Final | RawSocket.Close, RawSocket.Code(999), 1002 },
    };

    [Theory, MemberData(nameof(Violations))]
    [Conforms(Standard.WebSocket, "RFC 6455, 5.1 to 5.5, 8.1", "A frame that breaks the protocol fails the connection; a close frame that still arrives has 1002, for text that is no UTF-8 1007")]
    [Conforms(Standard.AsgiWebSocket, "Disconnect - receive event", "A connection that fails is websocket.disconnect with 1006")]
    public async Task AFrameThatMayNotBe_FailsTheConnection(string what, int first, byte[] payload, int code)
    {
        var app = await ServedApp.OfAsync(gateways, InstalledPythons.Default, App);
        using var socket = await RawSocket.ConnectAsync(app.Gateway.Process, app.Tenant, "/echo");
        await socket.SendAsync("before");
        Assert.Equal("before", Encoding.UTF8.GetString((await socket.FrameAsync()).Payload));

        await socket.SendAsync(first, payload);
        // The close frame may be lost when the connection ends at once behind it.
        var last = await socket.ToEndAsync();
        Assert.True(last.Length == 0 || last.StartsWith($"\u0088\u0002{(char)(code >> 8)}{(char)(code & 0xFF)}", StringComparison.Ordinal), $"{what}: {last}");
        await Eventually.Async(async () => Assert.Equal("1006", await app.TextAsync("/seen")));
    }

    [Fact]
    [Conforms(Standard.WebSocket, "RFC 6455, 5.1", "A client's frame that is not masked fails the connection")]
    public async Task AFrameWithoutAMask_FailsTheConnection()
    {
        var app = await ServedApp.OfAsync(gateways, InstalledPythons.Default, App);
        using var socket = await RawSocket.ConnectAsync(app.Gateway.Process, app.Tenant, "/echo");
        await socket.SendAsync(RawSocket.Final | RawSocket.Text, "x"u8.ToArray(), isMasked: false);
        Assert.Contains(await socket.ToEndAsync(), new[] { "", "\u0088\u0002\u0003\u00ea" });
        await Eventually.Async(async () => Assert.Equal("1006", await app.TextAsync("/seen")));
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiWebSocket, "WebSocket", "Fragments are joined; control frames between them are answered at once")]
    [Conforms(Standard.WebSocket, "RFC 6455, 5.5.2", "A ping is answered by a pong with its data; the app sees neither")]
    [Conforms(Standard.AsgiWebSocket, "Disconnect - receive event", "A close without a code is 1005; further calls give the same")]
    public async Task Fragments_Pings_AndAnEmptyClose(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);
        using var socket = await RawSocket.ConnectAsync(app.Gateway.Process, app.Tenant, "/echo");

        // A character is cut in two, too.
        await socket.SendAsync(RawSocket.Text, [(byte)'a', 0xC3]);
        await socket.SendAsync(RawSocket.Final | RawSocket.Ping, "are you there"u8.ToArray());
        var (first, payload) = await socket.FrameAsync();
        Assert.Equal((RawSocket.Final | RawSocket.Pong, "are you there"), (first, Encoding.UTF8.GetString(payload)));
        await socket.SendAsync(RawSocket.Continuation, []);
        await socket.SendAsync(RawSocket.Final | RawSocket.Pong, "nobody asked"u8.ToArray());
        await socket.SendAsync(RawSocket.Final | RawSocket.Continuation, [0xBC]);
        (first, payload) = await socket.FrameAsync();
        Assert.Equal((RawSocket.Final | RawSocket.Text, "a\u00fc"), (first, Encoding.UTF8.GetString(payload)));
        await socket.SendAsync(RawSocket.Final | RawSocket.Binary, new byte[70_000]);
        (first, payload) = await socket.FrameAsync();
        Assert.Equal((RawSocket.Final | RawSocket.Binary, 70_000), (first, payload.Length));

        await socket.SendAsync(RawSocket.Final | RawSocket.Close, []);
        Assert.Equal(1000, await socket.ClosedAsync());
        Assert.Equal("", await socket.ToEndAsync());
        await Eventually.Async(async () => Assert.Equal("1005", await app.TextAsync("/seen")));

        using var other = await RawSocket.ConnectAsync(app.Gateway.Process, app.Tenant, "/echo");
        await other.SendAsync(RawSocket.Final | RawSocket.Close, RawSocket.Code(1000));
        Assert.Equal(1000, await other.ClosedAsync());
        using var third = await RawSocket.ConnectAsync(app.Gateway.Process, app.Tenant, "/echo");
        await third.SendAsync(RawSocket.Final | RawSocket.Close, RawSocket.Code(4123, "wegen \u00fc"));
        Assert.Equal(4123, await third.ClosedAsync());
        await Eventually.Async(async () => Assert.Equal("1000|1005|4123 wegen \u00fc", string.Join('|', (await app.TextAsync("/seen")).Split('|').Order(StringComparer.Ordinal))));
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.Gateway, "WebSockets", "While an app works on one message and leaves as many lying as are read ahead, the client's pings and pongs are read after each receive")]
    public async Task AnAppThatIsSlow_LetsTheClientBeHeardBetweenItsMessages(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);
        // The one awaits its work; the other blocks the loop with it.
        foreach (var path in new[] { "slow", "blocks" })
        {
            using var socket = await RawSocket.ConnectAsync(app.Gateway.Process, app.Tenant, $"/{path}");
            for (var number = 0; number < 16; number++)
                await socket.SendAsync($"{number}");
            await socket.SendAsync(RawSocket.Final | RawSocket.Ping, "after the first"u8.ToArray());
            await socket.SendAsync("16");
            await socket.SendAsync(RawSocket.Final | RawSocket.Ping, "after the second"u8.ToArray());

            var (first, payload) = await MessageAsync(socket);
            Assert.Equal((RawSocket.Final | RawSocket.Pong, "after the first"), (first, Encoding.UTF8.GetString(payload)));
            app.Tenant.Write($"{path}1", "");
            (first, payload) = await MessageAsync(socket);
            Assert.Equal((RawSocket.Final | RawSocket.Pong, "after the second"), (first, Encoding.UTF8.GetString(payload)));
            app.Tenant.Write($"{path}2", "");
            Assert.Equal(1000, await socket.ClosedAsync());
        }
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.WebSocket, "RFC 7692, 7", "permessage-deflate is agreed on with a client that offers it, and only then; messages are compressed both ways")]
    public async Task Compression_IsForClientsThatOfferIt(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);
        using (var plain = await RawSocket.ConnectAsync(app.Gateway.Process, app.Tenant, "/echo"))
            Assert.DoesNotContain("Sec-WebSocket-Extensions", plain.Handshake, StringComparison.OrdinalIgnoreCase);

        using var socket = await RawSocket.ConnectAsync(
            app.Gateway.Process, app.Tenant, "/echo", "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; client_max_window_bits\r\n");
        Assert.Contains("permessage-deflate", socket.Handshake, StringComparison.Ordinal);
        var text = string.Concat(Enumerable.Repeat("the same words again ", 1000));
        const int Compressed = 0x40;
        await socket.SendAsync(RawSocket.Final | Compressed | RawSocket.Text, Deflate(text));
        var (first, payload) = await socket.FrameAsync();
        Assert.Equal(RawSocket.Final | Compressed | RawSocket.Text, first);
        Assert.InRange(payload.Length, 1, 1000);
        Assert.Equal(text, Inflate(payload));
        // A client may leave a message as it is.
        await socket.SendAsync("short");
        Assert.Equal("short", Inflate((await socket.FrameAsync()).Payload, after: payload));
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.Gateway, "WebSockets", "While a large message is compressed the app's loop goes on, and what is sent after it comes after it")]
    public async Task WhileALargeMessageIsCompressed_TheLoopGoesOn(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);
        using var socket = await RawSocket.ConnectAsync(app.Gateway.Process, app.Tenant, "/large", "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n");
        // So little is left of it that no client has to read before it is sent: only its compression takes a while.
        Assert.InRange((await socket.FrameAsync()).Payload.Length, 1, 48 * 1024);
        Assert.Equal("under way", Inflate((await socket.FrameAsync()).Payload));
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.Gateway, "WebSockets", "Size of a message (once decompressed), compression and pings are what the configuration says")]
    [Conforms(Standard.WebSocket, "RFC 6455, 7.4.1", "A message beyond the limit ends the connection with 1009")]
    [Conforms(Standard.AsgiWebSocket, "WebSocket", "The server sends pings; a client that does not answer them is taken for gone, with 1006")]
    public async Task TheConfiguration_Decides(string python)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new()
        {
            Python = python,
            Root = tenants.Root,
            Arguments =
            [
                "--SnakeHost:WebSockets:MaxMessage=1000", "--SnakeHost:WebSockets:PingInterval=200ms", "--SnakeHost:WebSockets:PingTimeout=30s",
            ],
        });
        await using var strict = await GatewayProcess.StartAsync(new()
        {
            Python = python,
            Root = tenants.Root,
            Arguments = ["--SnakeHost:WebSockets:Compression=false", "--SnakeHost:WebSockets:PingInterval=200ms", "--SnakeHost:WebSockets:PingTimeout=200ms"],
        });
        var tenant = tenants.Add("one", ("main.py", App));
        const string Offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

        // Sockets that do not answer a close are gone before the gateways stop, which would wait for them.
        using (var pinged = await RawSocket.ConnectAsync(gateway, tenant, "/echo", Offer))
            Assert.Equal(RawSocket.Final | RawSocket.Ping, (await pinged.FrameAsync()).First);
        using (var limited = await RawSocket.ConnectAsync(gateway, tenant, "/echo", Offer))
        {
            // 1000 bytes pass, 1001 do not, however small they are on the wire.
            await limited.SendAsync(RawSocket.Final | 0x40 | RawSocket.Text, Deflate(new string('x', 1000)));
            Assert.Equal(RawSocket.Final | 0x40 | RawSocket.Text, (await MessageAsync(limited)).First);
            await limited.SendAsync(RawSocket.Final | 0x40 | RawSocket.Text, Deflate(new string('x', 1001)));
            var (first, code) = await MessageAsync(limited);
            Assert.Equal((RawSocket.Final | RawSocket.Close, 1009), (first, (code[0] << 8) | code[1]));
        }

        using var silent = await RawSocket.ConnectAsync(strict, tenant, "/echo", Offer);
        Assert.DoesNotContain("permessage-deflate", silent.Handshake, StringComparison.Ordinal);
        await silent.ToEndAsync();
        await Eventually.Async(async () => Assert.Equal("1006", await strict.Client.TextAsync(tenant.Url("/seen"))));
        await Task.WhenAll(gateway.StopAsync(), strict.StopAsync());
    }

    private static async Task<(int First, byte[] Payload)> MessageAsync(RawSocket socket)
    {
        while (true)
        {
            var frame = await socket.FrameAsync();
            if (frame.First != (RawSocket.Final | RawSocket.Ping))
                return frame;
        }
    }

    /// <summary>RFC 7692, 7.2.1: what a flush gives, less the empty block at its end.</summary>
    private static byte[] Deflate(string text)
    {
        using var target = new MemoryStream();
        using (var deflate = new DeflateStream(target, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflate.Write(Encoding.UTF8.GetBytes(text));
            deflate.Flush();
            return target.ToArray()[..^4];
        }
    }

    /// <summary>The text of the last message; <paramref name="after"/> is the one before it, whose context it may use.</summary>
    private static string Inflate(byte[] payload, byte[]? after = null)
    {
        var before = after is null ? 0 : Inflate(after).Length;
        byte[] tail = [0, 0, 0xFF, 0xFF];
        using var inflate = new DeflateStream(new MemoryStream([.. after ?? [], .. after is null ? [] : tail, .. payload, .. tail]), CompressionMode.Decompress);
        using var text = new MemoryStream();
        var buffer = new byte[4096];
        int read;
        while ((read = inflate.Read(buffer)) > 0)
            text.Write(buffer, 0, read);
        return Encoding.UTF8.GetString(text.ToArray())[before..];
    }
}
