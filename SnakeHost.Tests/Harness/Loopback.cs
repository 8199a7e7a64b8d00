using System.Net;
using System.Net.Sockets;

namespace SnakeHost.Tests.Harness;

/// <summary>HTTP clients that connect to one loopback port, whatever host the URL names: no name has to resolve.</summary>
internal static class Loopback
{
    /// <param name="describe">What to add to the message when a request fails: the state of the server.</param>
    public static HttpClient ClientFor(IPEndPoint address, Func<string> describe) =>
        new(new ExplainingHandler(describe)
        {
            InnerHandler = Sockets(address),
        })
        {
            // Longer than the handler's own limit, which explains itself.
            Timeout = TimeSpan.FromSeconds(120),
        };

    private static SocketsHttpHandler Sockets(IPEndPoint address) =>
        new()
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    await socket.ConnectAsync(address, cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
}
