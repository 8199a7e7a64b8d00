using System.Buffers;
using System.Globalization;
using System.Text;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Http;

namespace SnakeHost.Gateway.Wsgi;

/// <summary>
/// Status and headers of <c>start_response()</c>, checked while the app is still inside that call: PEP 3333, "The start_response() Callable".
/// </summary>
internal static class WsgiHead
{
    /// <exception cref="NativeError">Not a status, or not a list of header fields that may go on the wire.</exception>
    public static void Set(HttpResponse response, PyBorrowed status, PyBorrowed headers)
    {
        SetStatus(response, status);
        if (!headers.IsList)
            throw NativeError.Type("The response headers are not a list (PEP 3333, \"The start_response() Callable\").");
        for (var i = 0; i < headers.ListLength; i++)
        {
            var header = headers.ListItem(i);
            if (!header.IsTuple || header.TupleLength != 2 || !header.TupleItem(0).IsString || !header.TupleItem(1).IsString)
                throw NativeError.Type("A response header is not a tuple of two str (PEP 3333, \"The start_response() Callable\").");
            AddHeader(response, header.TupleItem(0), header.TupleItem(1));
        }

        Drain.EndConnection(response);
    }

    private static void SetStatus(HttpResponse response, PyBorrowed status)
    {
        if (!status.IsString)
            throw NativeError.Type("The response status is not a str like '200 OK'.");
        Span<byte> text = stackalloc byte[128];
        var length = Latin1(status, text, "status");
        if (length < 3 || (length > 3 && text[3] != ' ') || !int.TryParse(text[..3], NumberStyles.None, CultureInfo.InvariantCulture, out var code))
            throw NativeError.Value($"The response status '{status}' does not look like '200 OK'.");
        response.StatusCode = ResponseHead.CheckStatus(code);
        if (length > 4)
            ResponseHead.SetReason(response, text[4..length]);
    }

    private static void AddHeader(HttpResponse response, PyBorrowed name, PyBorrowed value)
    {
        var nameText = name.AsUtf8();
        var needed = value.AsUtf8().Length;
        var rented = needed > 1024 ? ArrayPool<byte>.Shared.Rent(needed) : null;
        var buffer = rented ?? stackalloc byte[1024];
        try
        {
            var valueText = buffer[..Latin1(value, buffer, "header value")];
            if (HopByHop.Check(nameText, valueText))
                return;
            if (Ascii.EqualsIgnoreCase(nameText, "content-length"u8))
                SetLength(response, valueText);
            else
                ResponseHead.Add(response.Headers, nameText, valueText);
        }
        finally
        {
            if (rented is not null)
                ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static void SetLength(HttpResponse response, ReadOnlySpan<byte> value)
    {
        if (response.ContentLength is not null)
            throw NativeError.Value("There is more than one Content-Length among the response headers.");
        if (!long.TryParse(value.Trim((byte)' '), NumberStyles.None, CultureInfo.InvariantCulture, out var length))
            throw NativeError.Value($"The Content-Length '{Encoding.Latin1.GetString(value)}' of the response is not a number of bytes.");
        response.ContentLength = length;
    }

    /// <summary>The code points of a "native string" as bytes.</summary>
    private static int Latin1(PyBorrowed text, Span<byte> destination, string what)
    {
        var utf8 = text.AsUtf8();
        if (Ascii.IsValid(utf8))
        {
            if (utf8.Length > destination.Length)
                throw NativeError.Value($"The response {what} is too long.");
            utf8.CopyTo(destination);
            return utf8.Length;
        }

        var length = 0;
        foreach (var character in Encoding.UTF8.GetString(utf8))
        {
            if (character > 0xFF)
                throw NativeError.Value($"The response {what} holds a character above U+00FF (PEP 3333, \"Unicode Issues\").");
            if (length == destination.Length)
                throw NativeError.Value($"The response {what} is too long.");
            destination[length++] = (byte)character;
        }

        return length;
    }
}
