using System.Net.Sockets;
using System.Text;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Asgi;

/// <summary>An app may give up waiting for a message, and wait again.</summary>
public sealed class CancelledReceiveTests(SharedGateways gateways)
{
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiHttp, "Request - receive event", "A receive that is cancelled loses nothing")]
    public async Task WhatACancelledReceiveWaitedFor_GoesToTheNextOne(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            import asyncio

            async def app(scope, receive, send):
                if scope["type"] != "http":
                    raise NotImplementedError
                try:
                    await asyncio.wait_for(receive(), 0.05)
                except asyncio.TimeoutError:
                    print("gave up waiting in", scope["path"])
                message = await receive()
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": message["body"]})
            """);
        using var client = new TcpClient();
        await client.ConnectAsync(app.Gateway.Process.Address, TestContext.Current.CancellationToken);
        await using var stream = client.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"POST /late HTTP/1.1\r\nHost: {app.Tenant.Host}\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"),
            TestContext.Current.CancellationToken);
        await app.Gateway.Process.Output.WaitForAsync(
            line => line.Contains($"{app.Tenant.Host.Split('.')[0]} stdout: gave up waiting in /late", StringComparison.Ordinal), "the timeout");

        await stream.WriteAsync("hello"u8.ToArray(), TestContext.Current.CancellationToken);

        using var reader = new StreamReader(stream);
        Assert.EndsWith("\r\n\r\nhello", await reader.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }
}
