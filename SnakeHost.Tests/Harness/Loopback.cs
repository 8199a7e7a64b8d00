using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SnakeHost.Tests.Harness;

/// <summary>HTTP clients that connect to one loopback port, whatever host the URL names: no name has to resolve.</summary>
internal static class Loopback
{
    /// <summary>Of the 8,000 below those from which the kernel takes ports for connections and for whoever asks for any: it stays free until it is used.</summary>
    private const string Ephemeral = "/proc/sys/net/ipv4/ip_local_port_range";

    /// <summary>An address on which nobody listens, for a process that cannot say which one it has taken, or for a time when nobody is to listen there.</summary>
    public static IPEndPoint FreeAddress()
    {
        var end = int.Parse(File.ReadAllText(Ephemeral).Split('\t')[0], CultureInfo.InvariantCulture);
        while (true)
        {
            var address = new IPEndPoint(IPAddress.Loopback, Random.Shared.Next(end - 8000, end));
            using var probe = new TcpListener(address);
            try
            {
                probe.Start();
                return address;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Another one, then.
            }
        }
    }

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
