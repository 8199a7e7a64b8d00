using System.Net.WebSockets;
using System.Text;

namespace SnakeHost.Tests.Harness;

/// <summary>A WebSocket to a gateway; whatever takes too long fails the test.</summary>
internal sealed class SocketClient : IDisposable
{
    private readonly CancellationTokenSource _deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    private SocketClient()
    {
        _deadline.CancelAfter(TimeSpan.FromSeconds(90));
        Socket.Options.CollectHttpResponseDetails = true;
    }

    public ClientWebSocket Socket { get; } = new();

    public static async Task<SocketClient> ConnectAsync(GatewayProcess gateway, Uri url, Action<ClientWebSocketOptions>? configure = null)
    {
        var client = new SocketClient();
        configure?.Invoke(client.Socket.Options);
        try
        {
            await client.Socket.ConnectAsync(new UriBuilder(url) { Scheme = "ws" }.Uri, gateway.Client, client._deadline.Token);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    public Task SendAsync(string text) => Socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, _deadline.Token);

    public Task SendAsync(byte[] data, bool isLast = true) => Socket.SendAsync(data, WebSocketMessageType.Binary, isLast, _deadline.Token);

    public Task CloseAsync(int code, string reason) => Socket.CloseAsync((WebSocketCloseStatus)code, reason, _deadline.Token);

    public async Task<string> TextAsync()
    {
        var (type, data) = await ReceiveAsync();
        Assert.Equal(WebSocketMessageType.Text, type);
        return Encoding.UTF8.GetString(data);
    }

    public async Task<byte[]> BytesAsync()
    {
        var (type, data) = await ReceiveAsync();
        Assert.Equal(WebSocketMessageType.Binary, type);
        return data;
    }

    /// <summary>What the server closes with; answers it.</summary>
    public async Task<(int Code, string? Reason)> ClosedAsync()
    {
        var (type, _) = await ReceiveAsync();
        Assert.Equal(WebSocketMessageType.Close, type);
        await Socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, _deadline.Token);
        return ((int)Socket.CloseStatus!, Socket.CloseStatusDescription);
    }

    public void Dispose()
    {
        Socket.Dispose();
        _deadline.Dispose();
    }

    private async Task<(WebSocketMessageType Type, byte[] Data)> ReceiveAsync()
    {
        var buffer = new byte[64 * 1024];
        using var data = new MemoryStream();
        while (true)
        {
            var received = await Socket.ReceiveAsync(buffer.AsMemory(), _deadline.Token);
            data.Write(buffer, 0, received.Count);
            if (received.EndOfMessage)
                return (received.MessageType, data.ToArray());
        }
    }
}
