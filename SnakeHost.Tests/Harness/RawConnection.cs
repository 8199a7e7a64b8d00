using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SnakeHost.Tests.Harness;

/// <summary>
/// A connection whose bytes (as Latin-1) a test chooses: what is sent, when, and what has come back by then. Whatever takes too long fails
/// the test. <c>Read…</c> gives all that has come so far; <c>…Async</c> without it takes what it gives, so that the next one goes on behind it.
/// </summary>
internal sealed class RawConnection : IDisposable
{
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromSeconds(90));
    private readonly TcpClient _client = new();
    private readonly StringBuilder _received = new();
    private readonly byte[] _buffer = new byte[64 * 1024];
    private NetworkStream _stream = null!;
    private int _taken;

    private RawConnection()
    {
    }

    /// <summary>What has come and has not been taken.</summary>
    public string Pending => _received.ToString(_taken, _received.Length - _taken);

    /// <param name="address">Where the gateway listens.</param>
    /// <param name="receiveBuffer">Bytes that the kernel keeps for this end; null leaves it to the kernel.</param>
    public static async Task<RawConnection> OpenAsync(IPEndPoint address, int? receiveBuffer = null)
    {
        var connection = new RawConnection();
        if (receiveBuffer is { } size)
            connection._client.ReceiveBufferSize = size;
        await connection._client.ConnectAsync(address, connection._deadline.Token);
        connection._client.NoDelay = true;
        // A client that has ended its sending gives none.
        connection._stream = connection._client.GetStream();
        return connection;
    }

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(byte[] data) => await _stream.WriteAsync(data, _deadline.Token);

    /// <summary>No more will be sent, but the answer is still wanted.</summary>
    public void EndSending() => _client.Client.Shutdown(SocketShutdown.Send);

    /// <summary>Reads on until the text has come.</summary>
    public async Task<string> ReadUntilAsync(string text)
    {
        while (!_received.ToString().Contains(text, StringComparison.Ordinal))
            await MustReceiveAsync($"'{text}'");
        return _received.ToString();
    }

    /// <summary>Reads until the server closes; a reset counts as closing.</summary>
    public async Task<string> ReadToEndAsync()
    {
        while (await ReceiveAsync())
        {
        }

        return _received.ToString();
    }

    /// <summary>Takes everything up to and with the text.</summary>
    public async Task<string> UntilAsync(string text)
    {
        int end;
        while ((end = Pending.IndexOf(text, StringComparison.Ordinal)) < 0)
            await MustReceiveAsync($"'{text}'");
        return Take(end + text.Length);
    }

    /// <summary>Takes so many bytes.</summary>
    public async Task<byte[]> BytesAsync(int count)
    {
        while (_received.Length - _taken < count)
            await MustReceiveAsync($"{count} bytes");
        return Encoding.Latin1.GetBytes(Take(count));
    }

    /// <summary>Takes what comes until the server closes; a reset counts as closing.</summary>
    public async Task<string> ToEndAsync()
    {
        await ReadToEndAsync();
        return Take(_received.Length - _taken);
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

    private string Take(int count)
    {
        var text = _received.ToString(_taken, count);
        _taken += count;
        return text;
    }

    private async Task MustReceiveAsync(string what)
    {
        if (!await ReceiveAsync())
            Assert.Fail($"The server closed before it had sent {what}. It sent: {_received}");
    }

    private async Task<bool> ReceiveAsync()
    {
        try
        {
            var count = await _stream.ReadAsync(_buffer, _deadline.Token);
            _received.Append(Encoding.Latin1.GetString(_buffer, 0, count));
            return count > 0;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
