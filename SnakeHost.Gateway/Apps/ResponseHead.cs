using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using SnakeHost.Gateway.CPython;

namespace SnakeHost.Gateway.Apps;

/// <summary>Puts an app's header fields on a response, after checking that they can do no harm on the wire (RFC 9110, 5.5 and 5.6.2).</summary>
internal static class ResponseHead
{
    private static readonly SearchValues<byte> s_token = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);
    private static readonly SearchValues<byte> s_forbiddenInValue = SearchValues.Create([.. Enumerable.Range(0, 0x20).Where(code => code != '\t').Select(code => (byte)code), 0x7F]);

    /// <summary>Adds a field, unless it is the connection's.</summary>
    /// <param name="name">As the app gave it.</param>
    /// <param name="value">As the app gave it.</param>
    /// <param name="mayClose">Whether the app may end the connection by <c>Connection: close</c>.</param>
    /// <exception cref="NativeError">Not a field name or value.</exception>
    public static void Add(IHeaderDictionary headers, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, bool mayClose = false)
    {
        if (name.IsEmpty || name.ContainsAnyExcept(s_token))
            throw NativeError.Value($"The response header name '{Show(name)}' is not a token (RFC 9110, section 5.1).");
        if (value.ContainsAny(s_forbiddenInValue))
            throw NativeError.Value($"The value of the response header '{Show(name)}' holds a control character (RFC 9110, section 5.5).");

        var field = KnownHeaders.Name(name);
        if (!KnownHeaders.IsConnectionSpecific(field))
            headers.Append(field, Encoding.Latin1.GetString(value));
        else if (mayClose && HoldsClose(field, Encoding.Latin1.GetString(value)))
            headers.Connection = "close"; // Kestrel leaves it out in HTTP/2, which has no such field (RFC 9113, 8.2.2)
    }

    /// <exception cref="NativeError">Not a final status code.</exception>
    public static int CheckStatus(long status) => status is >= 200 and <= 999
        ? (int)status
        : throw NativeError.Value($"The response status {status} is not a whole number from 200 to 999.");

    /// <summary>Keeps a reason phrase that is not the standard one.</summary>
    /// <exception cref="NativeError">It holds a control character (RFC 9112, section 4).</exception>
    public static void SetReason(HttpResponse response, ReadOnlySpan<byte> reason)
    {
        if (reason.ContainsAny(s_forbiddenInValue))
            throw NativeError.Value($"The reason phrase '{Show(reason)}' holds a control character (RFC 9112, section 4).");
        var standard = ReasonPhrases.GetReasonPhrase(response.StatusCode);
        if (!Ascii.Equals(reason, standard))
            response.HttpContext.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = Encoding.Latin1.GetString(reason);
    }

    /// <summary>Responses that have no body whatever the app gives (RFC 9110, 6.4.1). HEAD is Kestrel's business.</summary>
    public static bool HasNoBody(int status) => status is 204 or 205 or 304;

    /// <summary>How many bytes of body the head promises; -1 when it promises none. Removes a promise that the status forbids.</summary>
    public static long DeclaredLength(HttpResponse response)
    {
        if (!HasNoBody(response.StatusCode))
            return response.ContentLength ?? -1;
        if (response.StatusCode != StatusCodes.Status304NotModified)
            response.ContentLength = null;
        return -1;
    }

    private static bool HoldsClose(string field, string value) =>
        field.Equals(HeaderNames.Connection, StringComparison.OrdinalIgnoreCase)
        && value.Split(',').Any(option => option.AsSpan().Trim().Equals("close", StringComparison.OrdinalIgnoreCase));

    private static string Show(ReadOnlySpan<byte> text) =>
        Encoding.Latin1.GetString(text[..Math.Min(text.Length, 80)]).Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\0", "\\0", StringComparison.Ordinal);
}
