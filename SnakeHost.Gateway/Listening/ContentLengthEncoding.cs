using System.Text;

namespace SnakeHost.Gateway.Listening;

/// <summary>
/// Lets Kestrel see a Content-Length only if it is one: digits (RFC 9110, 8.6). Kestrel reads the header's characters by the encoding that it is
/// given for the name, and takes for a number what .NET takes for one, <c>+5</c> too; a proxy in front may not, and see another body.
/// </summary>
internal sealed class ContentLengthEncoding : Encoding
{
    /// <summary>Of any number of so many digits Kestrel can be sure that it fits.</summary>
    private const int MaximumDigits = 18;

    public static ContentLengthEncoding Instance { get; } = new();

    public override int GetChars(ReadOnlySpan<byte> bytes, Span<char> chars)
    {
        if (IsLength(bytes))
            return Latin1.GetChars(bytes, chars);
        chars[0] = '?';
        return 1;
    }

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) =>
        GetChars(bytes.AsSpan(byteIndex, byteCount), chars.AsSpan(charIndex));

    public override int GetCharCount(byte[] bytes, int index, int count) => IsLength(bytes.AsSpan(index, count)) ? count : 1;

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) => Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    public override int GetByteCount(char[] chars, int index, int count) => Latin1.GetByteCount(chars, index, count);

    public override int GetMaxByteCount(int charCount) => Latin1.GetMaxByteCount(charCount);

    public override int GetMaxCharCount(int byteCount) => Latin1.GetMaxCharCount(byteCount);

    private static bool IsLength(ReadOnlySpan<byte> bytes) =>
        bytes.Length is > 0 and <= MaximumDigits && !bytes.ContainsAnyExceptInRange((byte)'0', (byte)'9');
}
