using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace SnakeHost.Tests.Harness;

/// <summary>A request of HTTP/2 whose fields a test chooses, also those that no client would send (RFC 9113; RFC 7541, 6.2.2: literals without an index).</summary>
internal static class Http2Frames
{
    private const int Headers = 1, Reset = 3, Settings = 4, Ping = 6, GoAway = 7;

    /// <summary>Sends it and says what became of it: <c>200</c>, <c>reset</c> (of the stream) or <c>closed</c> (the connection, with GOAWAY or without).</summary>
    public static async Task<string> AskAsync(IPEndPoint address, params (string Name, string Value)[] fields)
    {
        using var connection = await RawConnection.OpenAsync(address);
        await connection.SendAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        // A table of no entries: what the server answers can be read without one (RFC 7541, 4.2).
        await connection.SendAsync(Frame(Settings, 0, 0, [0, 1, 0, 0, 0, 0]));
        await connection.SendAsync(Frame(Headers, 0x5, 1, [.. fields.SelectMany(field => Literal(field.Name, field.Value))]));
        // Behind whatever the headers have led to.
        await connection.SendAsync(Frame(Ping, 0, 0, new byte[8]));
        while (true)
        {
            byte[] head;
            try
            {
                head = await connection.BytesAsync(9);
            }
            catch (Xunit.Sdk.FailException)
            {
                return "closed";
            }

            var length = (head[0] << 16) | (head[1] << 8) | head[2];
            var payload = await connection.BytesAsync(length);
            switch (head[3])
            {
                case Headers:
                    return Status(payload);
                case Reset:
                    return "reset";
                case GoAway:
                    return "closed";
            }
        }
    }

    /// <summary>The pseudo header fields of a GET, and further fields.</summary>
    public static (string Name, string Value)[] Get(string host, params (string Name, string Value)[] fields) =>
        [(":method", "GET"), (":scheme", "http"), (":path", "/x"), (":authority", host), .. fields];

    private static string Status(byte[] block)
    {
        // After updates of the table's size the status comes first (RFC 9113, 8.3): an entry of the static table, or its name and a literal.
        var at = 0;
        while ((block[at] & 0xe0) == 0x20)
            at++;
        return (block[at] & 0x80) != 0
            ? new[] { "200", "204", "206", "304", "400", "404", "500" }[(block[at] & 0x7f) - 8]
            : Encoding.Latin1.GetString(block, at + 2, block[at + 1] & 0x7f);
    }

    private static byte[] Literal(string name, string value) => [0, .. Text(name), .. Text(value)];

    private static byte[] Text(string text)
    {
        Assert.True(text.Length < 127);
        return [(byte)text.Length, .. Encoding.Latin1.GetBytes(text)];
    }

    private static byte[] Frame(int type, byte flags, int stream, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        (frame[3], frame[4]) = ((byte)type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }
}
