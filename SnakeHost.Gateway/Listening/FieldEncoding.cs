using System.Text;
using SnakeHost.Gateway.Http;

namespace SnakeHost.Gateway.Listening;

/// <summary>Header values for Kestrel to read: Latin-1, so that every byte survives the way to Python and back; malformed ones are noted.</summary>
internal class FieldEncoding : Encoding
{
    public static FieldEncoding Instance { get; } = new();

    /// <inheritdoc cref="MalformedFields.NoteValue"/>
    public sealed override int GetChars(ReadOnlySpan<byte> bytes, Span<char> chars)
    {
        MalformedFields.NoteValue(bytes);
        Decode(bytes, chars);
        return bytes.Length;
    }

    // Encoding.GetString, which Kestrel calls, comes by these two. Those of the base class copy the bytes.
    public sealed override unsafe int GetCharCount(byte* bytes, int count) => count;

    public sealed override unsafe int GetChars(byte* bytes, int byteCount, char* chars, int charCount) =>
        GetChars(new ReadOnlySpan<byte>(bytes, byteCount), new Span<char>(chars, charCount));

    public sealed override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) =>
        GetChars(bytes.AsSpan(byteIndex, byteCount), chars.AsSpan(charIndex));

    public sealed override int GetCharCount(byte[] bytes, int index, int count) => count;

    public sealed override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    public sealed override int GetByteCount(char[] chars, int index, int count) => Latin1.GetByteCount(chars, index, count);

    public sealed override int GetMaxByteCount(int charCount) => Latin1.GetMaxByteCount(charCount);

    public sealed override int GetMaxCharCount(int byteCount) => Latin1.GetMaxCharCount(byteCount);

    /// <summary>Writes as many characters as there are bytes, to a buffer that may be longer.</summary>
    protected virtual void Decode(ReadOnlySpan<byte> value, Span<char> text) => Latin1.GetChars(value, text);
}
