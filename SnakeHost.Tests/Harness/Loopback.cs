using System.Net;
using System.Net.Sockets;

namespace SnakeHost.Tests.Harness;

/// <summary>HTTP clients that connect to one loopback port, whatever host the URL names: no name has to resolve.</summary>
internal static class Loopback
{
    public static HttpClient ClientFor(IPEndPoint address) =>
        new(new SocketsHttpHandler
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
        })
        {
            // A gateway that hangs has to fail the test, not to hold it up for ever.
            Timeout = TimeSpan.FromSeconds(60),
        };
}
