using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SnakeHost.Tests.Harness;

/// <summary>A connection whose bytes a test chooses, read as far as it likes. Whatever takes too long fails the test.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromSeconds(60));
    private readonly TcpClient _client = new();
    private readonly StringBuilder _read = new();

    private RawConnection()
    {
    }

    /// <summary>All that has been read so far and not been taken by <see cref="UntilAsync"/>, as Latin-1.</summary>
    public string Pending => _read.ToString();

    /// <param name="address">Where the gateway listens.</param>
    /// <param name="receiveBuffer">Bytes that the kernel keeps for this end; null leaves it to the kernel.</param>
    public static async Task<RawConnection> OpenAsync(IPEndPoint address, int? receiveBuffer = null)
    {
        var connection = new RawConnection();
        if (receiveBuffer is { } size)
            connection._client.ReceiveBufferSize = size;
        await connection._client.ConnectAsync(address, connection._deadline.Token);
        connection._client.NoDelay = true;
        return connection;
    }

    /// <summary>Sends the text as Latin-1.</summary>
    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(byte[] data) => await _client.GetStream().WriteAsync(data, _deadline.Token);

    /// <summary>Takes everything up to and with the text.</summary>
    public async Task<string> UntilAsync(string text)
    {
        while (true)
        {
            var end = _read.ToString().IndexOf(text, StringComparison.Ordinal);
            if (end >= 0)
            {
                var taken = _read.ToString(0, end + text.Length);
                _read.Remove(0, taken.Length);
                return taken;
            }

            if (!await ReadMoreAsync())
                Assert.Fail($"The server closed before it sent '{text}'. It sent: {_read}");
        }
    }

    /// <summary>Takes so many bytes.</summary>
    public async Task<byte[]> BytesAsync(int count)
    {
        while (_read.Length < count)
            Assert.True(await ReadMoreAsync(), $"The server closed before it had sent {count} bytes. It sent: {_read}");
        var taken = Encoding.Latin1.GetBytes(_read.ToString(0, count));
        _read.Remove(0, count);
        return taken;
    }

    /// <summary>Takes what comes until the server closes; a reset counts as a close.</summary>
    public async Task<string> ToEndAsync()
    {
        while (await ReadMoreAsync())
        {
        }

        var taken = _read.ToString();
        _read.Clear();
        return taken;
    }

    /// <summary>Ends the connection with a reset, as a client does that is killed.</summary>
    public void Reset()
    {
        _client.LingerState = new LingerOption(true, 0);
        _client.Close();
    }

    public void Dispose()
    {
        _client.Dispose();
        _deadline.Dispose();
    }

    private async Task<bool> ReadMoreAsync()
    {
        var buffer = new byte[64 * 1024];
        try
        {
            var read = await _client.GetStream().ReadAsync(buffer, _deadline.Token);
            _read.Append(Encoding.Latin1.GetString(buffer, 0, read));
            return read > 0;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
