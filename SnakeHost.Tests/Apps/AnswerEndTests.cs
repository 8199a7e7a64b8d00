using System.IO.Compression;
using System.Net;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;
using SnakeHost.Tests.Listening;

namespace SnakeHost.Tests.Apps;

/// <summary>However an app gives its answer, the client has all of it before it sends anything else: nothing waits in the gateway for the next request.</summary>
public sealed class AnswerEndTests(AnswerGateway gateway) : IClassFixture<AnswerGateway>
{
    private static readonly int[] s_sizes = [1, 2, 1000, 16_384, 65_535, 65_536, 65_537, 131_073, 262_143, 262_144, 262_145, 1_000_000];

    private static readonly int[] s_parts = [1, 2, 7];

    [Theory]
    [InlineData("wsgi", "1.0", "length")]
    [InlineData("wsgi", "1.0", "none")]
    [InlineData("wsgi", "1.1", "length")]
    [InlineData("wsgi", "1.1", "none")]
    [InlineData("asgi", "1.0", "length")]
    [InlineData("asgi", "1.0", "none")]
    [InlineData("asgi", "1.1", "length")]
    [InlineData("asgi", "1.1", "none")]
    [Conforms(Standard.AsgiHttp, "Response Body - send event", "The last part is sent as the others are, however many there are, with a Content-Length and without")]
    public async Task InHttp1_EveryAnswerIsWhole_BeforeTheNextRequest(string kind, string version, string framing)
    {
        using var connection = Connect(kind + ".localhost", version);

        foreach (var (parts, size) in Combinations())
            AssertPattern(size, (await connection.AskAsync($"/{framing}/{parts}/{size}")).Body);

        // HTTP/1.0 has no other end for a body without a length; one of a single part is given one.
        if (version == "1.1" || framing == "length")
            Assert.Equal(1, connection.Opened);
    }

    [Theory]
    [InlineData("wsgi", "length")]
    [InlineData("wsgi", "none")]
    [InlineData("asgi", "length")]
    [InlineData("asgi", "none")]
    public async Task InHttp2_EveryAnswerIsWhole_BeforeTheNextRequest(string kind, string framing)
    {
        using var client = TlsGateway.Client(TlsGateway.Address(gateway.Process, 1));
        client.DefaultRequestVersion = HttpVersion.Version20;
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;

        foreach (var (parts, size) in Combinations())
            AssertPattern(size, await client.GetByteArrayAsync(new Uri($"http://{kind}.localhost/{framing}/{parts}/{size}"), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("/file_then_body", "GET", 200, 20)]
    [InlineData("/body_then_file", "GET", 200, 20)]
    [InlineData("/body_then_nothing_of_a_file", "GET", 200, 10)]
    [InlineData("/range_of_a_file", "GET", 206, 80_000)]
    [InlineData("/range_in_parts", "GET", 206, 80_000)]
    [InlineData("/whole_file", "GET", 200, 100_000)]
    [InlineData("/announced_trailers", "GET", 200, 20)]
    [InlineData("/no_content", "GET", 204, 0)]
    [InlineData("/not_modified", "GET", 304, 0)]
    [InlineData("/length/2/300", "HEAD", 200, 0)]
    [InlineData("/none/2/300", "HEAD", 200, 0)]
    [InlineData("/whole_file", "HEAD", 200, 0)]
    [InlineData("/range_of_a_file", "HEAD", 206, 0)]
    public async Task EveryOtherEnd_IsSentToo(string path, string method, int status, int length)
    {
        // On the host that compresses, too: what is not compressed goes through the middleware as it is.
        foreach (var (host, headers) in new[] { ("asgi.localhost", ""), ("asgi.packed", "Accept-Encoding: gzip\r\n") })
        {
            foreach (var version in new[] { "1.0", "1.1" })
            {
                using var connection = Connect(host, version);
                var (head, body) = await connection.AskAsync(path + "?image/png", method, headers);
                Assert.Equal((status, length), (head.Status, body.Length));
                AssertPattern(300, (await connection.AskAsync("/length/1/300?image/png", headers: headers)).Body);
            }
        }
    }

    [Theory]
    [InlineData("wsgi")]
    [InlineData("asgi")]
    public async Task ACompressedAnswer_IsWholeBeforeTheNextRequest(string kind)
    {
        using var connection = Connect(kind + ".packed", "1.1");

        foreach (var (parts, size) in Combinations().Where(combination => combination.Size >= 1000))
        {
            var (head, body) = await connection.AskAsync($"/length/{parts}/{size}", headers: "Accept-Encoding: gzip\r\n");
            Assert.Contains("Content-Encoding: gzip", head.Headers);
            await using var unpacked = new GZipStream(new MemoryStream(body), CompressionMode.Decompress);
            var whole = new MemoryStream();
            await unpacked.CopyToAsync(whole, TestContext.Current.CancellationToken);
            AssertPattern(size, whole.ToArray());
        }

        Assert.Equal(1, connection.Opened);
    }

    [Fact]
    public async Task WhatIsWritten_AndThenReturned_IsWhole()
    {
        using var connection = Connect("wsgi.localhost", "1.1");

        Assert.Equal(20, (await connection.AskAsync("/write")).Body.Length);
        Assert.Equal(20, (await connection.AskAsync("/write")).Body.Length);
    }

    [Fact]
    public async Task TheRejectionOfAWebSocket_IsWhole()
    {
        using var connection = Connect("asgi.localhost", "1.1");

        foreach (var (parts, size) in Combinations().Where(combination => combination.Size <= 65_537))
        {
            var (head, body) = await connection.AskAsync(
                $"/length/{parts}/{size}", headers: "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
            Assert.Equal(200, head.Status);
            AssertPattern(size, body);
        }
    }

    [Theory]
    [InlineData("/too_short", 20)]
    [InlineData("/raises", 10)]
    public async Task AnAnswerThatBreaksOff_EndsTheConnectionBehindWhatThereIs(string path, int length)
    {
        foreach (var version in new[] { "1.0", "1.1" })
        {
            using var connection = await RawConnection.OpenAsync(gateway.Process.Address);
            await connection.SendAsync($"GET {path} HTTP/{version}\r\nHost: asgi.localhost\r\nConnection: keep-alive\r\n\r\n");
            var answer = await connection.ToEndAsync();
            Assert.Equal(length, answer.Length - answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) - 4);
        }
    }

    private static IEnumerable<(int Parts, int Size)> Combinations() => s_parts.SelectMany(parts => s_sizes.Select(size => (parts, size)));

    private static void AssertPattern(int size, byte[] body)
    {
        Assert.Equal(size, body.Length);
        for (var i = 0; i < body.Length; i++)
        {
            if (body[i] != i % 251 * 7 % 251)
                Assert.Fail($"Byte {i} of {size} is another one.");
        }
    }

    private KeptConnection Connect(string host, string version) => new(gateway.Process.Address, host, version);
}
