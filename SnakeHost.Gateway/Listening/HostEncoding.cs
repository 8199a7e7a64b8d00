using System.Buffers;
using System.Globalization;

namespace SnakeHost.Gateway.Listening;

/// <summary>
/// Spoils a host that ASP.NET Core cannot translate, so that it names nothing and is in nobody's way: <c>xn--99999999</c>, which claims to be punycode
/// (RFC 3492) and is not, is read as <c>.n--99999999</c>. ASP.NET Core translates names from punycode and back wherever a part of it looks at the host, its
/// tracing before any code of ours, and fails if it cannot.
/// </summary>
internal sealed class HostEncoding : FieldEncoding
{
    private const string Prefix = "xn--";

    /// <summary>What makes it translate a name, of the characters that Kestrel lets into a host.</summary>
    private static readonly SearchValues<char> s_odd = SearchValues.Create("!$&'()~_");

    private static readonly IdnMapping s_idn = new();

    public static new HostEncoding Instance { get; } = new();

    protected override void Decode(ReadOnlySpan<byte> value, Span<char> text)
    {
        base.Decode(value, text);
        text = text[..value.Length];
        if (!text.ContainsAny(s_odd) && !((ReadOnlySpan<char>)text).Contains(Prefix, StringComparison.OrdinalIgnoreCase))
            return;
        // X-Forwarded-Host is a list.
        while (true)
        {
            var comma = text.IndexOf(',');
            var entry = (comma < 0 ? text : text[..comma]).Trim();
            if (!IsTranslatable(entry))
                Spoil(entry);
            if (comma < 0)
                return;
            text = text[(comma + 1)..];
        }
    }

    /// <summary>No name of a host begins with a dot.</summary>
    private static void Spoil(Span<char> host)
    {
        host.ReplaceAny(s_odd, '-');
        while (((ReadOnlySpan<char>)host).IndexOf(Prefix, StringComparison.OrdinalIgnoreCase) is >= 0 and var start)
            host[start] = '.';
        host[0] = '.';
    }

    private static bool IsTranslatable(ReadOnlySpan<char> host)
    {
        if (host.IndexOf(':') is >= 0 and var colon)
            host = host[..colon];
        if (host.IsEmpty || host.StartsWith('['))
            return true;
        try
        {
            return s_idn.GetAscii(s_idn.GetUnicode(host.ToString())).Length > 0;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
