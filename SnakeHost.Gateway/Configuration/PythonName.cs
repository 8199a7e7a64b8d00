using System.Globalization;

namespace SnakeHost.Gateway.Configuration;

/// <summary>The shapes of names that reach the interpreter.</summary>
internal static class PythonName
{
    /// <summary><c>auto</c>, <c>module:attribute</c> or <c>module:factory()</c>, both sides dotted names.</summary>
    public static bool IsApp(ReadOnlySpan<char> app)
    {
        if (app is "auto") return true;
        var colon = app.IndexOf(':');
        if (colon < 0) return false;
        var attribute = app[(colon + 1)..];
        if (attribute.EndsWith("()")) attribute = attribute[..^2];
        return IsDotted(app[..colon]) && IsDotted(attribute);
    }

    /// <summary>Identifiers joined by dots.</summary>
    public static bool IsDotted(ReadOnlySpan<char> name)
    {
        foreach (var part in name.Split('.'))
        {
            if (!IsIdentifier(name[part])) return false;
        }

        return true;
    }

    /// <summary>A name under which packages are installed: ASCII letters, digits, and between them <c>-</c>, <c>_</c> and <c>.</c> (PyPA, "Names and normalization").</summary>
    public static bool IsDistribution(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || !char.IsAsciiLetterOrDigit(name[0]) || !char.IsAsciiLetterOrDigit(name[^1])) return false;
        foreach (var character in name)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('-' or '_' or '.')) return false;
        }

        return true;
    }

    // https://docs.python.org/3/reference/lexical_analysis.html#identifiers, within the basic plane.
    private static bool IsIdentifier(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || char.IsDigit(name[0])) return false;
        foreach (var character in name)
        {
            if (character != '_' && !char.IsLetterOrDigit(character)
                && char.GetUnicodeCategory(character) is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark))
            {
                return false;
            }
        }

        return true;
    }
}
