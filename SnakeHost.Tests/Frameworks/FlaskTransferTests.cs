using System.Globalization;
using System.Net.Sockets;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>A gigabyte each way through Flask, in a gateway of its own whose memory is looked at.</summary>
public sealed class FlaskTransferTests
{
    private const long Gigabyte = 1L << 30;
    private const long Bound = 100L << 20;

    private const string App =
        """
        from flask import Flask, request

        app = Flask(__name__)

        @app.post("/upload")
        def upload():
            size = 0
            while block := request.stream.read(65536):
                size += len(block)
            return str(size)

        @app.get("/download")
        def download():
            return app.response_class((bytes(65536) for _ in range(16384)), mimetype="application/octet-stream")
        """;

    [Conforms(Standard.Gateway, "WSGI bodies", "a gigabyte goes up and down with bounded memory")]
    [Theory, MemberData(nameof(InstalledPythons.WithModule), "flask", MemberType = typeof(InstalledPythons))]
    public async Task AGigabyte_GoesBothWaysInBoundedMemory(string python)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root });
        var tenant = tenants.Add("app", ("main.py", App));
        Assert.Equal("0", await UploadAsync(gateway, tenant, 0));
        var before = Memory(gateway, "VmRSS");

        Assert.Equal(Gigabyte.ToString(CultureInfo.InvariantCulture), await UploadAsync(gateway, tenant, Gigabyte));
        Assert.InRange(Memory(gateway, "VmHWM") - before, 0, Bound);
        // Besides the body: the sizes of its chunks.
        Assert.InRange(await DownloadAsync(gateway, tenant), Gigabyte, Gigabyte + (16 << 20));
        Assert.InRange(Memory(gateway, "VmHWM") - before, 0, Bound);
    }

    private static async Task<string> UploadAsync(GatewayProcess gateway, Tenant tenant, long size)
    {
        using var socket = await BeginAsync(gateway, $"POST /upload HTTP/1.1\r\nHost: {tenant.Host}\r\nConnection: close\r\nContent-Length: {size}\r\n\r\n");
        var block = new byte[1 << 20];
        for (long sent = 0; sent < size; sent += block.Length)
            await SendAsync(socket, block);
        using var reader = new StreamReader(new NetworkStream(socket));
        var answer = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
        return answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
    }

    private static async Task<long> DownloadAsync(GatewayProcess gateway, Tenant tenant)
    {
        using var socket = await BeginAsync(gateway, $"GET /download HTTP/1.1\r\nHost: {tenant.Host}\r\nConnection: close\r\n\r\n");
        var buffer = new byte[1 << 20];
        long received = 0;
        while (await socket.ReceiveAsync(buffer.AsMemory(), TestContext.Current.CancellationToken) is > 0 and var count)
            received += count;
        return received;
    }

    private static async Task<Socket> BeginAsync(GatewayProcess gateway, string head)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(gateway.Address, TestContext.Current.CancellationToken);
        await SendAsync(socket, System.Text.Encoding.ASCII.GetBytes(head));
        return socket;
    }

    private static async Task SendAsync(Socket socket, ReadOnlyMemory<byte> data)
    {
        while (!data.IsEmpty)
            data = data[await socket.SendAsync(data, TestContext.Current.CancellationToken)..];
    }

    /// <summary>A line of /proc/PID/status, in bytes.</summary>
    private static long Memory(GatewayProcess gateway, string name)
    {
        var line = File.ReadLines($"/proc/{gateway.Id}/status").Single(line => line.StartsWith(name + ":", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1024;
    }
}
