namespace SnakeHost.Gateway.Configuration;

/// <summary>WebSockets of ASGI apps.</summary>
internal sealed class WebSocketSettings
{
    /// <summary>Bytes of a message from a client at most, once decompressed; a longer one ends the connection with 1009.</summary>
    [WholeNumber(1, 1024 * 1024 * 1024)]
    public int MaxMessage { get; set; } = 16 * 1024 * 1024;

    /// <summary>Whether messages are compressed for clients that offer it (permessage-deflate, RFC 7692).</summary>
    public bool Compression { get; set; } = true;

    /// <summary>A client is sent a ping when nothing has come from it for so long.</summary>
    [Duration(Minimum = 10, Infinite = true)]
    public TimeSpan PingInterval { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>A client that does not answer a ping in so long is taken for gone.</summary>
    [Duration(Minimum = 10, Infinite = true)]
    public TimeSpan PingTimeout { get; set; } = TimeSpan.FromSeconds(20);
}
