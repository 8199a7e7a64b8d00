using System.Text;
using Microsoft.Net.Http.Headers;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.CPython;

namespace SnakeHost.Gateway.Wsgi;

/// <summary>The head of an answer as an app writes it to a <see cref="WsgiSocket"/>, put on the response that Kestrel sends.</summary>
internal static class WsgiSocketHead
{
    /// <param name="response">Whose status Kestrel sets, and whose field <c>Connection</c>.</param>
    /// <param name="head">Without the empty line at its end.</param>
    /// <exception cref="AppFailedException">Not the head of an answer with the status 101, or one that may not go on the wire.</exception>
    public static void Set(HttpResponse response, ReadOnlySpan<byte> head)
    {
        var lines = head.Split("\r\n"u8);
        lines.MoveNext();
        var status = head[lines.Current];
        if (!status.StartsWith("HTTP/1.1 101"u8) || (status.Length > 12 && status[12] != ' '))
            throw new AppFailedException($"The app has written '{Encoding.Latin1.GetString(status[..Math.Min(status.Length, 80)])}' to the socket of its environ: an answer that is no '101' is given by start_response().");
        foreach (var range in lines)
        {
            var line = head[range];
            var colon = Math.Max(line.IndexOf((byte)':'), 0);
            var value = line[Math.Min(colon + 1, line.Length)..].Trim(" \t"u8);
            try
            {
                if (Ascii.EqualsIgnoreCase(line[..colon], "upgrade"u8))
                    response.Headers[HeaderNames.Upgrade] = Encoding.Latin1.GetString(value);
                else
                    ResponseHead.Add(response.Headers, line[..colon], value);
            }
            catch (NativeError e)
            {
                throw new AppFailedException(e.Message);
            }
        }
    }
}
