using System.Text;
using SnakeHost.Gateway.CPython;

namespace SnakeHost.Gateway.Wsgi;

/// <summary>Header fields that belong to the connection and thus to the server: PEP 3333, "Other HTTP Features", makes them an error.</summary>
internal static class HopByHop
{
    /// <summary>True for a field that is left out: one that asks for what the server does anyway.</summary>
    /// <remarks>Many a recipe for event streams has <c>Connection: keep-alive</c>, and the servers it was written for drop it.</remarks>
    /// <exception cref="NativeError">The field is not the app's to set.</exception>
    public static bool Check(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (!IsConnections(name))
            return false;
        if (Ascii.EqualsIgnoreCase(name, "keep-alive"u8) || (Ascii.EqualsIgnoreCase(name, "connection"u8) && Ascii.EqualsIgnoreCase(value, "keep-alive"u8)))
            return true;
        throw NativeError.Value($"The response header '{Encoding.ASCII.GetString(name)}' concerns the connection, which is the server's (PEP 3333, \"Other HTTP Features\").");
    }

    // Of RFC 2616, 13.5.1, to which PEP 3333 refers, and Proxy-Connection, which some clients take for one.
    private static bool IsConnections(ReadOnlySpan<byte> name) => name.Length switch
    {
        2 => Ascii.EqualsIgnoreCase(name, "te"u8),
        7 => Ascii.EqualsIgnoreCase(name, "upgrade"u8) || Ascii.EqualsIgnoreCase(name, "trailer"u8),
        8 => Ascii.EqualsIgnoreCase(name, "trailers"u8),
        10 => Ascii.EqualsIgnoreCase(name, "connection"u8) || Ascii.EqualsIgnoreCase(name, "keep-alive"u8),
        16 => Ascii.EqualsIgnoreCase(name, "proxy-connection"u8),
        17 => Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8),
        18 => Ascii.EqualsIgnoreCase(name, "proxy-authenticate"u8),
        19 => Ascii.EqualsIgnoreCase(name, "proxy-authorization"u8),
        _ => false,
    };
}
