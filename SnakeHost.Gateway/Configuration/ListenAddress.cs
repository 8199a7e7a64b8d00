using System.Globalization;
using System.Net;

namespace SnakeHost.Gateway.Configuration;

/// <summary>Where a listener accepts connections. A null address is every interface; <c>localhost</c> is both loopback addresses.</summary>
internal sealed record ListenAddress(IPAddress? Address, int Port)
{
    private static readonly (string Prefix, ListenScheme Scheme)[] s_schemes =
        [("http://", ListenScheme.Http), ("https://", ListenScheme.Https), ("h2c://", ListenScheme.Http2Cleartext)];

    public bool IsLocalhost { get; init; }

    public ListenScheme Scheme { get; init; }

    /// <summary>Reached from this machine only.</summary>
    public bool IsLoopback => IsLocalhost || (Address is not null && IPAddress.IsLoopback(Address));

    /// <summary><c>127.0.0.1:9080</c>, <c>[::1]:9080</c>, <c>localhost:9080</c>, <c>:9080</c> or <c>*:9080</c>, alone or behind <c>http://</c>, <c>https://</c> or <c>h2c://</c>.</summary>
    public static ListenAddress Parse(string key, string text)
    {
        var (prefix, scheme) = Array.Find(s_schemes, scheme => text.StartsWith(scheme.Prefix, StringComparison.OrdinalIgnoreCase));
        return ParseAddress(key, text, prefix is null ? text : text[prefix.Length..].TrimEnd('/')) with { Scheme = scheme };
    }

    private static ListenAddress ParseAddress(string key, string text, string rest)
    {
        var colon = rest.LastIndexOf(':');
        if (colon < 0
            || !ushort.TryParse(rest.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            throw Bad(key, text);
        }

        var host = rest[..colon];
        if (host is "" or "*") return new ListenAddress(null, port);
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            // Kestrel cannot pick one free port for two addresses.
            return port == 0 ? new ListenAddress(IPAddress.Loopback, 0) : new ListenAddress(null, port) { IsLocalhost = true };
        }

        // An IPv6 address stands in brackets, so that its last group is not taken for the port; IPAddress alone would also read "1" or "0x7f".
        var bracketed = host.StartsWith('[') && host.EndsWith(']');
        return (bracketed || host.Count(character => character == '.') == 3) && !(bracketed ^ host.Contains(':', StringComparison.Ordinal))
            && IPAddress.TryParse(host, out var parsed)
            ? new ListenAddress(parsed, port)
            : throw Bad(key, text);
    }

    private static ConfigurationException Bad(string key, string text) =>
        new($"{key} is '{text}': it must be an address and a port, such as 127.0.0.1:9080, [::1]:9080, localhost:9080 or :9080 (every interface), with https:// before it for TLS.");
}
