using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SnakeHost.Tests.Harness;

/// <summary>A conversation over one socket, byte by byte (latin-1): what is sent, when, and what has come back by then.</summary>
internal sealed class RawConversation : IDisposable
{
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromSeconds(60));
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly StringBuilder _received = new();
    private readonly byte[] _buffer = new byte[64 * 1024];

    /// <summary>All that has come so far.</summary>
    public string Received => _received.ToString();

    /// <param name="address">The server.</param>
    /// <param name="receiveBuffer">Bytes that the kernel keeps for a client that does not read; the default when null.</param>
    public static async Task<RawConversation> OpenAsync(IPEndPoint address, int? receiveBuffer = null)
    {
        var connection = new RawConversation();
        if (receiveBuffer is { } size)
            connection._socket.ReceiveBufferSize = size;
        await connection._socket.ConnectAsync(address, connection._deadline.Token);
        return connection;
    }

    public async Task SendAsync(string text)
    {
        for (var rest = (ReadOnlyMemory<byte>)Encoding.Latin1.GetBytes(text); !rest.IsEmpty;)
            rest = rest[await _socket.SendAsync(rest, _deadline.Token)..];
    }

    /// <summary>Reads on until the text has come.</summary>
    /// <exception cref="EndOfStreamException">The server closed before; the message holds what came.</exception>
    public async Task<string> ReadUntilAsync(string text)
    {
        while (!Received.Contains(text, StringComparison.Ordinal))
        {
            if (!await ReceiveAsync())
                throw new EndOfStreamException($"The connection was closed before '{text}' came. It sent:\n{Received}");
        }

        return Received;
    }

    /// <summary>Reads until the server closes; a reset counts as closing.</summary>
    public async Task<string> ReadToEndAsync()
    {
        while (await ReceiveAsync())
        {
        }

        return Received;
    }

    /// <summary>No more will be sent, but the answer is still wanted.</summary>
    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Leaves without a word, as a process that is killed does.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
    }

    public void Dispose()
    {
        _socket.Dispose();
        _deadline.Dispose();
    }

    private async Task<bool> ReceiveAsync()
    {
        try
        {
            var count = await _socket.ReceiveAsync(_buffer.AsMemory(), _deadline.Token);
            _received.Append(Encoding.Latin1.GetString(_buffer, 0, count));
            return count > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
