using System.Net;
using System.Net.Sockets;

namespace SnakeHost.Gateway.Listening;

/// <summary>Sockets of several processes that listen at one address: the kernel gives each new connection to one of them (SO_REUSEPORT, socket(7)).</summary>
/// <remarks>
/// Any process of the same user may join such an address. So the supervisor takes it for itself first, as an ordinary socket, which nobody can do while another listens there, and
/// lets others join afterwards. It never listens on that socket, so the kernel gives it no connection; it holds the port.
/// </remarks>
internal static class SharedAddress
{
    // <sys/socket.h> of Linux, on all processors that .NET runs on.
    private const int SocketLevel = 1, ReuseAddress = 2, ReusePort = 15;

    /// <summary>Takes an address, for <see cref="Join"/> in other processes.</summary>
    /// <exception cref="SocketException">It is in use, or cannot be had.</exception>
    public static Socket Hold(IPEndPoint address)
    {
        var socket = Create(address);
        try
        {
            socket.Bind(address);
            Set(socket, ReusePort, true);
            // .NET has set it to bind. From now on it would let another supervisor in as long as no worker listens.
            Set(socket, ReuseAddress, false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A socket to listen on, at an address that this or another process holds.</summary>
    public static Socket Join(IPEndPoint address)
    {
        var socket = Create(address);
        try
        {
            Set(socket, ReusePort, true);
            socket.Bind(address);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static Socket Create(IPEndPoint address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        // As Kestrel has it: every interface is that of both versions.
        if (address.Address.Equals(IPAddress.IPv6Any))
            socket.DualMode = true;
        return socket;
    }

    private static void Set(Socket socket, int option, bool value) => socket.SetRawSocketOption(SocketLevel, option, BitConverter.GetBytes(value ? 1 : 0));
}
