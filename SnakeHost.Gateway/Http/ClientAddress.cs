using System.Net;

namespace SnakeHost.Gateway.Http;

/// <summary>Addresses as they are written.</summary>
internal static class ClientAddress
{
    /// <summary>A client's own IPv4 address, where a socket for both versions has it inside one of IPv6.</summary>
    public static IPAddress Unmapped(this IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
