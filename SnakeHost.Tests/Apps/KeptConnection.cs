using System.Globalization;
using System.Net;
using System.Text;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Apps;

/// <summary>One connection in HTTP/1 on which a request follows the end of the answer before it, found by that answer's framing alone.</summary>
internal sealed class KeptConnection(IPEndPoint address, string host, string version) : IDisposable
{
    private RawConnection? _connection;

    /// <summary>How often a connection was opened.</summary>
    public int Opened { get; private set; }

    public async Task<(RawResponse Head, byte[] Body)> AskAsync(string target, string method = "GET", string headers = "")
    {
        if (_connection is null)
        {
            _connection = await RawConnection.OpenAsync(address);
            Opened++;
        }

        await _connection.SendAsync($"{method} {target} HTTP/{version}\r\nHost: {host}\r\n{(version == "1.0" ? "Connection: keep-alive\r\n" : "")}{headers}\r\n");
        var head = RawResponse.Parse(await _connection.UntilAsync("\r\n\r\n"));
        return (head, method == "HEAD" || head.Status is 204 or 304 ? [] : await BodyAsync(head));
    }

    public void Dispose() => _connection?.Dispose();

    private async Task<byte[]> BodyAsync(RawResponse head)
    {
        if (Field(head, "Content-Length") is { } length)
            return await _connection!.BytesAsync(int.Parse(length, CultureInfo.InvariantCulture));
        if (Field(head, "Transfer-Encoding") is "chunked")
            return await ChunksAsync();
        var rest = Encoding.Latin1.GetBytes(await _connection!.ToEndAsync());
        _connection.Dispose();
        _connection = null;
        return rest;
    }

    private async Task<byte[]> ChunksAsync()
    {
        var body = new MemoryStream();
        while (true)
        {
            var size = int.Parse((await _connection!.UntilAsync("\r\n")).TrimEnd(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            body.Write(await _connection.BytesAsync(size));
            Assert.Equal("\r\n", await _connection.UntilAsync("\r\n"));
            if (size == 0)
                return body.ToArray();
        }
    }

    private static string? Field(RawResponse head, string name) =>
        head.Headers.FirstOrDefault(line => line.StartsWith(name + ": ", StringComparison.OrdinalIgnoreCase))?[(name.Length + 2)..];
}
