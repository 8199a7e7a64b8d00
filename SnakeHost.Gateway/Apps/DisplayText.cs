using System.Globalization;
using System.Text;

namespace SnakeHost.Gateway.Apps;

/// <summary>Makes text of unknown origin fit to be looked at, on a page as in a terminal or a log. Escaping for HTML comes on top.</summary>
internal static class DisplayText
{
    /// <summary>For an exception's message.</summary>
    public const int MessageLength = 4_000;

    /// <summary>For a traceback.</summary>
    public const int TracebackLength = 60_000;

    /// <summary>For a path, a name or a line of source.</summary>
    public const int LineLength = 500;

    /// <summary>
    /// Shows control characters, lone surrogates and the bidirectional controls of CVE-2021-42574 as escapes (<c>\x1b</c>, <c>\u202e</c>),
    /// so that no message drives a terminal or reorders a line, and keeps start and end of what is longer than <paramref name="cap"/> characters.
    /// </summary>
    public static string Clean(string? text, int cap)
    {
        if (string.IsNullOrEmpty(text))
            return "";
        if (text.Length <= cap)
            return Visible(text);
        // The end of a traceback names the exception, so the larger part of what is kept is the end.
        var head = cap / 3;
        var tail = cap - head;
        return string.Create(CultureInfo.InvariantCulture,
            $"{Visible(text.AsSpan(0, head))} … {text.Length - cap:N0} characters left out … {Visible(text.AsSpan(text.Length - tail))}");
    }

    /// <summary>As <see cref="Clean"/>, on one line.</summary>
    public static string CleanLine(string? text, int cap = LineLength) =>
        Clean(text, cap).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string Visible(ReadOnlySpan<char> text)
    {
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                result.Append(c).Append(text[++i]);
            else if (c == '\r' && i + 1 < text.Length && text[i + 1] == '\n')
                continue;
            else if (c is '\n' or '\t')
                result.Append(c);
            else if (c < ' ' || (c >= '\x7f' && c < '\xa0'))
                result.Append(CultureInfo.InvariantCulture, $@"\x{(int)c:x2}");
            else if (char.IsSurrogate(c) || c is '\u200e' or '\u200f' or '\u061c' or (>= '\u2028' and <= '\u202e') or (>= '\u2066' and <= '\u2069') or '\ufeff')
                result.Append(CultureInfo.InvariantCulture, $@"\u{(int)c:x4}");
            else
                result.Append(c);
        }
        return result.ToString();
    }
}
