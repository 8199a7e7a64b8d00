using System.Net;

namespace SnakeHost.Gateway.Configuration;

/// <summary>Reads the addresses and networks whose <c>X-Forwarded-</c> headers are believed.</summary>
internal static class TrustedProxy
{
    /// <summary>In place of a list: nobody, in Development neither.</summary>
    public const string None = "none";

    /// <summary><c>10.0.0.1</c>, <c>10.0.0.0/8</c>, <c>fd00::/8</c>.</summary>
    public static IPNetwork Parse(string key, string text)
    {
        var slash = text.Contains('/', StringComparison.Ordinal);

        // Four numbers: IPAddress alone would also read "1" or "0x7f".
        var isWritten = text.Contains(':', StringComparison.Ordinal) || text.Split('/')[0].Split('.').Length == 4;
        if (isWritten && slash && IPNetwork.TryParse(text, out var network)) return network;
        if (isWritten && !slash && IPAddress.TryParse(text, out var address)) return new IPNetwork(address, address.GetAddressBytes().Length * 8);
        throw new ConfigurationException($"{key} is '{text}': it must be an address or a network, such as 10.0.0.1, 10.0.0.0/8 (with no bit set behind the prefix) or fd00::/8, or {None}.");
    }
}
