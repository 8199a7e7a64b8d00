using System.Security.Cryptography;
using System.Text;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Listening;

/// <summary>On a small machine one thread has all sockets; on a larger one Kestrel's own transport has them. Clients see no difference.</summary>
public sealed class SocketThreadTests
{
    private const string App =
        """
        BODY = bytes(range(256)) * 40_000

        async def app(scope, receive, send):
            if scope["type"] != "http":
                raise NotImplementedError
            size, more = 0, True
            while more:
                message = await receive()
                size, more = size + len(message["body"]), message["more_body"]
            body = {"/large": BODY, "/size": str(size).encode()}.get(scope["path"], b"small")
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
            await send({"type": "http.response.body", "body": body})
        """;

    private static readonly byte[] s_body = [.. Enumerable.Repeat(Enumerable.Range(0, 256).Select(value => (byte)value), 40_000).SelectMany(part => part)];

    [Theory]
    [InlineData("2", true)]
    [InlineData("8", false)]
    public async Task LargeAnswersAndUploads_ArriveWhole_AndHoldUpNobody(string processors, bool isOneThread)
    {
        using var tenants = new TenantFolder();
        var tenant = tenants.Add("app", ("main.py", App));
        await using var gateway = await GatewayProcess.StartAsync(
            new() { Root = tenants.Root, Environment = new Dictionary<string, string> { ["DOTNET_PROCESSOR_COUNT"] = processors } });
        // Linux keeps 15 characters of a name.
        Assert.Equal(isOneThread, Directory.EnumerateDirectories($"/proc/{gateway.Id}/task").Any(thread => File.ReadAllText(Path.Join(thread, "comm")) == "SnakeHost socke\n"));

        Assert.Equal(s_body, await gateway.Client.GetByteArrayAsync(tenant.Url("/large"), TestContext.Current.CancellationToken));
        using (var response = await gateway.Client.SendAsync(HttpMethod.Post, tenant.Url("/size"), new ByteArrayContent(new byte[5_000_000])))
            Assert.Equal("5000000", await response.TextAsync(System.Net.HttpStatusCode.OK));

        // A client that reads nothing for now, and has sent the next request already.
        using (var slow = await RawConnection.OpenAsync(gateway.Address, receiveBuffer: 4096))
        {
            await slow.SendAsync($"GET /large HTTP/1.1\r\nHost: {tenant.Host}\r\n\r\nGET / HTTP/1.1\r\nHost: {tenant.Host}\r\nConnection: close\r\n\r\n");
            Assert.Equal("small", await gateway.Client.TextAsync(tenant.Url("/")));
            var answers = await slow.ReadToEndAsync();
            var begin = answers.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
            Assert.Equal(SHA256.HashData(s_body), SHA256.HashData(Encoding.Latin1.GetBytes(answers.Substring(begin, s_body.Length))));
            Assert.StartsWith("HTTP/1.1 200 OK\r\n", answers[(begin + s_body.Length)..], StringComparison.Ordinal);
            Assert.EndsWith("\r\n\r\nsmall", answers, StringComparison.Ordinal);
        }

        // One that leaves in the midst of it.
        using (var leaving = await RawConnection.OpenAsync(gateway.Address, receiveBuffer: 4096))
        {
            await leaving.SendAsync($"GET /large HTTP/1.1\r\nHost: {tenant.Host}\r\n\r\n");
            await leaving.ReadUntilAsync("\r\n\r\n");
        }

        var requests = new Uri($"http://localhost/api/tenants/{tenant.Name}/requests");
        await Eventually.Async(async () => Assert.Equal("[]", await gateway.Admin!.Client.TextAsync(requests)));
        Assert.Equal(s_body, await gateway.Client.GetByteArrayAsync(tenant.Url("/large"), TestContext.Current.CancellationToken));
        await gateway.StopAsync();
    }
}
