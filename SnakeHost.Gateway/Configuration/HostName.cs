using System.Globalization;
using System.Net;
using System.Text;

namespace SnakeHost.Gateway.Configuration;

/// <summary>One spelling for all spellings of a host: lower case, no trailing dot, no brackets, unicode as punycode (RFC 5891).</summary>
internal static class HostName
{
    /// <summary>Of a domain name (RFC 1035, section 3.1); longer ones are no hosts.</summary>
    public const int MaximumLength = 255;

    private static readonly IdnMapping s_idn = new();

    /// <summary>Writes the host of a Host header, without its port.</summary>
    /// <param name="text">Host and port, as sent.</param>
    /// <param name="destination">At least <see cref="MaximumLength"/> long.</param>
    /// <param name="port">The port that was sent, or -1.</param>
    /// <returns>The number of characters written, or -1 when the text is no host. An absent host is 0 characters.</returns>
    public static int Normalize(ReadOnlySpan<char> text, Span<char> destination, out int port)
    {
        port = -1;
        if (text.IsEmpty) return 0;
        if (text.Length > MaximumLength + 6) return -1;
        if (text.StartsWith('[')) return NormalizeIPv6(text, destination, ref port);

        var colon = text.IndexOf(':');
        if (colon >= 0)
        {
            if (!TryPort(text[(colon + 1)..], ref port)) return -1;
            text = text[..colon];
        }

        if (text.EndsWith('.')) text = text[..^1];
        if (text.IsEmpty || text.Length > MaximumLength) return -1;

        var label = 0;
        for (var index = 0; index < text.Length; index++)
        {
            var character = text[index];
            if (character > 0x7f) return NormalizeUnicode(text, destination);
            if (character == '.')
            {
                if (label == 0) return -1;
                label = 0;
            }
            else if (char.IsAsciiLetterOrDigit(character) || character is '-' or '_')
            {
                label++;
            }
            else
            {
                return -1;
            }

            destination[index] = char.ToLowerInvariant(character);
        }

        return label == 0 ? -1 : text.Length;
    }

    /// <summary>A label, counted from the right; empty when there is none, and for an IP address, whose parts are no labels.</summary>
    public static ReadOnlySpan<char> Label(ReadOnlySpan<char> host, int index)
    {
        if (host.Contains(':')) return default;
        var last = host[(host.LastIndexOf('.') + 1)..];

        // A last label of digits makes it an IPv4 address (https://url.spec.whatwg.org/#ends-in-a-number-checker).
        if (IsNumber(last)) return default;
        for (; index > 0; index--)
        {
            var dot = host.LastIndexOf('.');
            if (dot < 0) return default;
            host = host[..dot];
        }

        return host[(host.LastIndexOf('.') + 1)..];
    }

    /// <summary>A name with letters outside ASCII in the form that hosts have it; null when it has none or cannot be one.</summary>
    public static string? ToAscii(string name)
    {
        // The mapping does not look for halves of surrogate pairs when globalization is invariant.
        if (Ascii.IsValid(name) || HasLoneSurrogate(name)) return null;
        try
        {
            return s_idn.GetAscii(name.ToLowerInvariant());
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static bool IsNumber(ReadOnlySpan<char> text)
    {
        foreach (var character in text)
        {
            if (!char.IsAsciiDigit(character)) return false;
        }

        return true;
    }

    private static bool HasLoneSurrogate(ReadOnlySpan<char> name)
    {
        for (; !name.IsEmpty; name = name[(char.IsSurrogate(name[0]) ? 2 : 1)..])
        {
            if (char.IsSurrogate(name[0]) && (name.Length == 1 || !char.IsSurrogatePair(name[0], name[1]))) return true;
        }

        return false;
    }

    private static int NormalizeUnicode(ReadOnlySpan<char> text, Span<char> destination) =>
        ToAscii(text.ToString()) is { Length: <= MaximumLength } ascii ? Normalize(ascii, destination, out _) : -1;

    private static int NormalizeIPv6(ReadOnlySpan<char> text, Span<char> destination, ref int port)
    {
        var close = text.IndexOf(']');
        if (close < 0 || text.Contains('%') || !IPAddress.TryParse(text[1..close], out var address)) return -1;
        var rest = text[(close + 1)..];
        if (!rest.IsEmpty && (rest[0] != ':' || !TryPort(rest[1..], ref port))) return -1;
        return address.TryFormat(destination, out var written) ? written : -1;
    }

    private static bool TryPort(ReadOnlySpan<char> text, ref int port)
    {
        if (text.IsEmpty) return true; // RFC 3986, section 3.2.3: a colon without digits is the default port.
        if (!ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return false;
        port = number;
        return true;
    }
}
