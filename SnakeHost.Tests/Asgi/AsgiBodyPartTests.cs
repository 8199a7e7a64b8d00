using System.Globalization;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Asgi;

/// <summary>A large request body comes in messages of a size that costs other apps nothing.</summary>
public sealed class AsgiBodyPartTests(SharedGateways gateways)
{
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task TheWholeBodyComes_InPartsOfAtMost64KiB(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            import asyncio

            async def app(scope, receive, send):
                if scope["type"] != "http":
                    raise RuntimeError
                await asyncio.sleep(0.05)  # so that much of the body is there
                body, largest, more = b"", 0, True
                while more:
                    message = await receive()
                    largest = max(largest, len(message["body"]))
                    body += message["body"]
                    more = message["more_body"]
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": f"{len(body)} {largest} {body == bytes(range(256)) * (len(body) // 256) + bytes(range(len(body) % 256))}".encode()})
            """);
        foreach (var size in new[] { 1, 65_536, 65_537, 1_000_000 })
        {
            using var content = new ByteArrayContent([.. Enumerable.Range(0, size).Select(index => (byte)index)]);

            using var response = await app.SendAsync(HttpMethod.Post, "/", content);

            var answer = (await response.TextAsync(System.Net.HttpStatusCode.OK)).Split(' ');
            Assert.Equal((size.ToString(CultureInfo.InvariantCulture), "True"), (answer[0], answer[2]));
            Assert.InRange(int.Parse(answer[1], CultureInfo.InvariantCulture), 1, 65_536);
        }
    }
}
