using SnakeHost.Gateway.Listening;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Listening;

/// <summary>Clients cannot take the descriptors that the process needs.</summary>
public sealed class ConnectionLimitTests
{
    [Theory]
    [InlineData(400L, 100)]
    [InlineData(700L, 188)]
    [InlineData(4096L, 3584)]
    [InlineData(1_048_576L, 1_048_064)]
    [InlineData(null, null)]
    public void TheDefault_LeavesDescriptorsForAllElse(long? descriptors, int? connections) =>
        Assert.Equal(connections, DescriptorLimit.Connections(descriptors));

    [Fact]
    public async Task WithFewDescriptors_IdleConnectionsAreRefusedBeforeTheyRunOut_AndThoseThatLeaveMakeRoom()
    {
        using var tenants = new TenantFolder();
        var app = tenants.Add("app", ("main.py", PythonApps.Answering("def answer(path): return len(open(__file__).read()) > 0")));
        await using var gateway = await GatewayProcess.StartAsync(new()
        {
            Root = tenants.Root,
            Through = ["sh", "-c", """ulimit -n 700; exec "$0" "$@" """],
        });
        await gateway.Output.WaitForLineAsync("only 700 files and connections");
        Assert.Equal("True", await gateway.Client.TextAsync(app.Url("/")));

        List<RawConnection> idle = [];
        try
        {
            for (var i = 0; i < 600; i++)
                idle.Add(await RawConnection.OpenAsync(gateway.Address));
            var last = await idle[^1].ReadToEndAsync();
            Assert.StartsWith("HTTP/1.1 503 ", last, StringComparison.Ordinal);
            await gateway.Output.WaitForLineAsync("188 connections are open");
            Assert.Equal("Healthy", await gateway.Admin!.Client.TextAsync(new("http://localhost/health")));
            // The one that was there before is served.
            Assert.Equal("True", await gateway.Client.TextAsync(app.Url("/")));
        }
        finally
        {
            idle.ForEach(connection => connection.Dispose());
        }

        await Eventually.Async(async () =>
        {
            using var connection = await RawConnection.OpenAsync(gateway.Address);
            await connection.SendAsync($"GET / HTTP/1.1\r\nHost: {app.Host}\r\nConnection: close\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 200 ", await connection.ReadToEndAsync(), StringComparison.Ordinal);
        });
        await gateway.StopAsync();
    }

    [Fact]
    public async Task WebSockets_CountAsConnections()
    {
        using var tenants = new TenantFolder();
        var app = tenants.Add("app", ("main.py",
            """
            async def app(scope, receive, send):
                if scope["type"] == "websocket":
                    await receive()
                    await send({"type": "websocket.accept"})
                    await receive()
            """));
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = tenants.Root, Arguments = ["--SnakeHost:Limits:MaxConnections=2"] });
        using var first = await RawSocket.ConnectAsync(gateway, app, "/");
        using var second = await RawSocket.ConnectAsync(gateway, app, "/");
        Assert.StartsWith("HTTP/1.1 101 ", second.Handshake, StringComparison.Ordinal);

        using var third = await RawConnection.OpenAsync(gateway.Address);
        Assert.StartsWith("HTTP/1.1 503 ", await third.ReadToEndAsync(), StringComparison.Ordinal);
    }
}
