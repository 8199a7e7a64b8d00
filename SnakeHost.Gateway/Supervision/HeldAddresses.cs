using System.Net;
using System.Net.Sockets;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Listening;

namespace SnakeHost.Gateway.Supervision;

/// <summary>The public addresses, taken for the workers.</summary>
internal sealed class HeldAddresses : IDisposable
{
    private readonly List<Socket> _sockets = [];
    private readonly List<string> _urls = [];

    /// <summary>As the workers are told to listen: those of the configuration, with the ports that were found.</summary>
    public List<string> Listen { get; } = [];

    /// <summary>As the gateway prints where it listens.</summary>
    public IReadOnlyList<string> Urls => _urls;

    /// <exception cref="IOException">One is in use.</exception>
    /// <exception cref="SocketException">One cannot be had.</exception>
    public static HeldAddresses Take(IEnumerable<ListenAddress> addresses)
    {
        var held = new HeldAddresses();
        try
        {
            foreach (var address in addresses)
                held.Add(address);
            return held;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    public void Dispose() => _sockets.ForEach(static socket => socket.Dispose());

    private void Add(ListenAddress address)
    {
        var port = address.Port;
        foreach (var one in Of(address))
            port = Hold(new IPEndPoint(one, port), address);
        var host = address switch
        {
            { IsLocalhost: true } => "localhost",
            { Address: { } one } => new IPEndPoint(one, 0).ToString()[..^2],
            _ => "[::]",
        };
        // The text that the options read, and Kestrel's.
        Listen.Add($"{Scheme(address)}://{(address is { IsLocalhost: false, Address: null } ? "" : host)}:{port}");
        _urls.Add($"{(address.Scheme == ListenScheme.Https ? "https" : "http")}://{host}:{port}");
    }

    /// <summary>As Kestrel does: both loopbacks, and every interface of both versions, where there are both.</summary>
    private static IPAddress[] Of(ListenAddress address) => address switch
    {
        { IsLocalhost: true } => Socket.OSSupportsIPv6 ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [IPAddress.Loopback],
        { Address: { } one } => [one],
        _ => Socket.OSSupportsIPv6 ? [IPAddress.IPv6Any] : [IPAddress.Any],
    };

    private int Hold(IPEndPoint address, ListenAddress configured)
    {
        try
        {
            var socket = SharedAddress.Hold(address);
            _sockets.Add(socket);
            return ((IPEndPoint)socket.LocalEndPoint!).Port;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new IOException($"Failed to bind to address {Scheme(configured)}://{address}: address already in use.", e);
        }
        catch (SocketException e) when (configured.IsLocalhost && address.AddressFamily == AddressFamily.InterNetworkV6 && e.SocketErrorCode == SocketError.AddressNotAvailable)
        {
            // A machine without ::1; the other loopback is enough.
            return address.Port;
        }
    }

    private static string Scheme(ListenAddress address) => address.Scheme switch
    {
        ListenScheme.Https => "https",
        ListenScheme.Http2Cleartext => "h2c",
        _ => "http",
    };
}
