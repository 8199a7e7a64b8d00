using System.Net;
using System.Net.Sockets;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Commands;

/// <summary>The addresses that are to be listened on.</summary>
internal static class AddressCheck
{
    public static IEnumerable<Finding> Run(SnakeHostOptions options)
    {
        foreach (var address in options.Addresses)
            yield return Run(address, "public", "--listen");
        if (options.Admin.Address is { } admin)
            yield return Run(admin, "admin", "--admin");
    }

    private static Finding Run(ListenAddress address, string subject, string option)
    {
        var endpoint = new IPEndPoint(address.IsLocalhost ? IPAddress.Loopback : address.Address ?? (Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any), address.Port);
        try
        {
            using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (endpoint.AddressFamily == AddressFamily.InterNetworkV6 && address.Address is null)
                socket.DualMode = true;
            socket.Bind(endpoint);
            socket.Listen();
            return Finding.Good(subject, address.Port == 0 ? $"any free port of {endpoint.Address}" : $"{endpoint} is free");
        }
        catch (SocketException e)
        {
            return Finding.Problem(subject, e.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => $"{endpoint} is taken{(SocketOwner.Of(address.Port) is { } owner ? $" by {owner}" : "")}: end that, or choose another by {option}.",
                SocketError.AccessDenied => $"{endpoint} is not for this user to listen on: choose a port from 1024 on by {option}, or allow it (sysctl net.ipv4.ip_unprivileged_port_start={address.Port}).",
                SocketError.AddressNotAvailable => $"{endpoint} is no address of this machine: choose another by {option}.",
                _ => $"{endpoint} cannot be listened on: {e.Message}",
            });
        }
    }
}
