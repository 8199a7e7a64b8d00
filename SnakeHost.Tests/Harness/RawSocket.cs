using System.Buffers.Binary;
using System.Text;

namespace SnakeHost.Tests.Harness;

/// <summary>A WebSocket whose frames a test chooses (RFC 6455, 5.2), also those that no client would send.</summary>
internal sealed class RawSocket : IDisposable
{
    public const byte Continuation = 0, Text = 1, Binary = 2, Close = 8, Ping = 9, Pong = 10;

    /// <summary>The first bit of a frame: it is the last of its message.</summary>
    public const byte Final = 0x80;

    private readonly RawConnection _connection;

    private RawSocket(RawConnection connection, string handshake)
    {
        _connection = connection;
        Handshake = handshake;
    }

    /// <summary>The head of the answer.</summary>
    public string Handshake { get; }

    /// <param name="gateway">To whom.</param>
    /// <param name="tenant">Whose app.</param>
    /// <param name="path">The request target.</param>
    /// <param name="headers">Further lines of the request, each with its line end.</param>
    public static async Task<RawSocket> ConnectAsync(GatewayProcess gateway, Tenant tenant, string path, string headers = "")
    {
        var connection = await RawConnection.OpenAsync(gateway.Address);
        await connection.SendAsync(
            $"GET {path} HTTP/1.1\r\nHost: {tenant.Host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n");
        return new RawSocket(connection, await connection.UntilAsync("\r\n\r\n"));
    }

    /// <param name="first">The first byte of the frame: flags and opcode.</param>
    /// <param name="payload">Of any length.</param>
    /// <param name="isMasked">Every frame of a client has to be (5.3).</param>
    public Task SendAsync(int first, byte[] payload, bool isMasked = true)
    {
        byte[] mask = isMasked ? [1, 2, 3, 4] : [];
        byte[] length = payload.Length switch
        {
            < 126 => [(byte)payload.Length],
            < 65536 => [126, (byte)(payload.Length >> 8), (byte)payload.Length],
            _ => [127, 0, 0, 0, 0, (byte)(payload.Length >> 24), (byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length],
        };
        if (isMasked)
            length[0] |= 0x80;
        return _connection.SendAsync([(byte)first, .. length, .. mask, .. payload.Select((value, index) => isMasked ? (byte)(value ^ mask[index % 4]) : value)]);
    }

    public Task SendAsync(string text) => SendAsync(Final | Text, Encoding.UTF8.GetBytes(text));

    /// <summary>The next frame of the server, which never masks its own.</summary>
    public async Task<(int First, byte[] Payload)> FrameAsync()
    {
        var head = await _connection.BytesAsync(2);
        Assert.True(head[1] < 0x80, "The server has masked a frame.");
        long length = head[1] switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(await _connection.BytesAsync(2)),
            127 => BinaryPrimitives.ReadInt64BigEndian(await _connection.BytesAsync(8)),
            var small => small,
        };
        return (head[0], await _connection.BytesAsync((int)length));
    }

    /// <summary>The code of the close frame that comes next; 1005 when it has none.</summary>
    public async Task<int> ClosedAsync()
    {
        var (first, payload) = await FrameAsync();
        Assert.Equal(Final | Close, first);
        return payload.Length < 2 ? 1005 : BinaryPrimitives.ReadUInt16BigEndian(payload);
    }

    /// <summary>Waits until the server closes the connection; gives what it sent before.</summary>
    public Task<string> ToEndAsync() => _connection.ToEndAsync();

    /// <summary>A close frame's payload.</summary>
    public static byte[] Code(int code, string reason = "") => [(byte)(code >> 8), (byte)code, .. Encoding.UTF8.GetBytes(reason)];

    /// <summary>Ends the connection as a client does that is killed.</summary>
    public void Reset() => _connection.Reset();

    public void Dispose() => _connection.Dispose();
}
