using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SnakeHost.Tests.Harness;

/// <summary>Bytes on a socket, for requests that no HTTP client would send.</summary>
internal static class RawRequest
{
    /// <summary>Sends the text (latin-1) and reads the answer until the server closes.</summary>
    public static async Task<RawResponse> SendAsync(IPEndPoint address, string request)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        using var client = new TcpClient();
        await client.ConnectAsync(address, deadline.Token);
        var stream = client.GetStream();
        var answer = new MemoryStream();
        try
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(request), deadline.Token);
            await stream.CopyToAsync(answer, deadline.Token);
        }
        catch (IOException)
        {
            // A reset is an answer too; what came before it counts.
        }

        return RawResponse.Parse(Encoding.Latin1.GetString(answer.ToArray()));
    }

    /// <summary>A GET with exactly these bytes as target and host; the server is asked to close.</summary>
    public static Task<RawResponse> GetAsync(IPEndPoint address, string target, string host, string headers = "") =>
        SendAsync(address, $"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n");
}
