using System.Globalization;
using System.Text;

namespace SnakeHost.Gateway.Apps;

/// <summary>
/// Python strings may hold lone surrogates (undecodable file names by PEP 383, hostile messages) and <c>json.dumps</c> passes
/// them on as <c>\udc80</c>, which RFC 8259 section 8.2 allows and System.Text.Json refuses to read.
/// </summary>
internal static class LoneSurrogates
{
    /// <summary>Doubles the backslash of each unpaired surrogate in a JSON text, so that it reads as the six characters that Python's <c>backslashreplace</c> shows.</summary>
    public static string Escape(string json)
    {
        StringBuilder? repaired = null;
        var copied = 0;
        for (var i = 0; i < json.Length;)
        {
            var length = UnitLength(json, i, out var unit);
            if (unit is < '\ud800' or > '\udfff')
            {
                i += length;
                continue;
            }
            var nextLength = UnitLength(json, i + length, out var next);
            if (char.IsHighSurrogate(unit) && char.IsLowSurrogate(next))
            {
                i += length + nextLength;
                continue;
            }
            repaired ??= new StringBuilder(json.Length + 16);
            repaired.Append(json, copied, i - copied).Append(CultureInfo.InvariantCulture, $@"\\u{(int)unit:x4}");
            copied = i += length;
        }
        return repaired is null ? json : repaired.Append(json, copied, json.Length - copied).ToString();
    }

    /// <summary>How many characters the UTF-16 unit at <paramref name="index"/> takes in JSON: 6 for <c>\uXXXX</c>, 2 for <c>\n</c> and the like, else 1.</summary>
    private static int UnitLength(string json, int index, out char unit)
    {
        unit = index < json.Length ? json[index] : '\0';
        if (unit != '\\')
            return 1;
        if (index + 6 <= json.Length && json[index + 1] == 'u'
            && ushort.TryParse(json.AsSpan(index + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
        {
            unit = (char)value;
            return 6;
        }
        return 2;
    }
}
