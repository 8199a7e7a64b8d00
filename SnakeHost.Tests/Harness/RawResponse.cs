using System.Globalization;

namespace SnakeHost.Tests.Harness;

/// <summary>An answer as it came over the wire. Status 0: the connection was closed without one.</summary>
internal sealed record RawResponse(int Status, IReadOnlyList<string> Headers, string Body, string Text)
{
    public static RawResponse Parse(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0 || !text.StartsWith("HTTP/1.", StringComparison.Ordinal))
            return new RawResponse(0, [], "", text);

        var lines = text[..end].Split("\r\n");
        var status = int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture);
        return new RawResponse(status, lines[1..], text[(end + 4)..], text);
    }
}
