using SnakeHost.Gateway.Http;

namespace SnakeHost.Gateway.Listening;

/// <summary>
/// Lets Kestrel see a Content-Length only if it is one: digits (RFC 9110, 8.6). Kestrel reads the header's characters by the encoding that it is
/// given for the name, and takes for a number what .NET takes for one, <c>+5</c> too; a proxy in front may not, and see another body.
/// </summary>
internal sealed class ContentLengthEncoding : FieldEncoding
{
    /// <summary>Every number with this many digits fits into a long.</summary>
    private const int MaximumDigits = 18;

    public static new ContentLengthEncoding Instance { get; } = new();

    protected override void Decode(ReadOnlySpan<byte> value, Span<char> text)
    {
        if (value.Length is 0 or > MaximumDigits || value.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            throw new RefusedFieldException("The Content-Length is no number.");
        base.Decode(value, text);
    }
}
