using System.Globalization;

namespace SnakeHost.Gateway.Routing;

/// <summary>Which values of a request may take part in a path or an environment variable.</summary>
internal static class SafeName
{
    /// <summary>Of one name, on every common file system.</summary>
    public const int MaximumLength = 255;

    /// <summary>Letters, digits, <c>-</c>, <c>_</c> and <c>.</c>, no dot in front: no separator, no parent folder, no hidden file, nothing still encoded.</summary>
    public static bool IsPathPart(ReadOnlySpan<char> value)
    {
        if (value.IsEmpty || value.Length > MaximumLength || value[0] == '.') return false;
        foreach (var character in value)
        {
            if (character is not ('-' or '_' or '.') && !char.IsLetterOrDigit(character)
                && char.GetUnicodeCategory(character) is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Any text without control characters.</summary>
    public static bool IsText(string value) => !value.Any(char.IsControl);
}
