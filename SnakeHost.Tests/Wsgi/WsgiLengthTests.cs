using System.Net;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Wsgi;

/// <summary>PEP 3333, "Handling the Content-Length Header", and answers that have no body.</summary>
public sealed class WsgiLengthTests(SharedGateways gateways)
{
    /// <summary>The path names the body, a query the declared length.</summary>
    private const string App =
        """
        closed = []

        class Counted:
            def __init__(self, name, blocks):
                self.name, self.blocks, self.given = name, blocks, 0

            def __iter__(self):
                for block in self.blocks:
                    self.given += 1
                    yield block

            def close(self):
                closed.append(f"{self.name}:{self.given}")

        def app(environ, start_response):
            path, length = environ["PATH_INFO"], environ["QUERY_STRING"]
            headers = [("Content-Type", "text/plain")]
            if length:
                headers.append(("Content-Length", length))
            write = start_response("200 OK", headers)
            if path == "/closed":
                return [" ".join(closed).encode()]
            if path == "/list":
                return [b"abcd"]
            if path == "/tuple":
                return (b"abcd",)
            if path == "/two":
                return [b"ab", b"cd"]
            if path == "/empty":
                return []
            if path == "/write":
                write(b"abcd")
                try:
                    write(b"e")
                except ValueError:
                    closed.append("refused")
                return []
            return Counted(path, [b"ab", b"", b"cd", b"", b"ef", b"gh"])
        """;

    [Conforms(Standard.Wsgi, "Handling the Content-Length Header", "an answer of one block gets its length as Content-Length")]
    [Conforms(Standard.Wsgi, "Handling the Content-Length Header", "an answer without Content-Length is chunked for HTTP/1.1 and ends the connection for HTTP/1.0")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task WithoutALength_TheServerFramesTheBody(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);

        foreach (var path in new[] { "/list", "/tuple" })
        {
            var one = await app.RawAsync(path);
            Assert.Contains("Content-Length: 4", one.Headers);
            Assert.Equal("abcd", one.Body);
        }

        var empty = await app.RawAsync("/empty");
        Assert.Contains("Content-Length: 0", empty.Headers);
        var chunked = await app.RawAsync("/counted");
        Assert.Contains("Transfer-Encoding: chunked", chunked.Headers);
        // Blocks that come at once may be one chunk on their way from a process.
        if (InstalledPythons.Parse(python).IsProcess)
            Assert.Matches("^(?:([2468])\r\n[a-h]+\r\n)+0\r\n\r\n$", chunked.Body);
        else
            Assert.Equal("2\r\nab\r\n2\r\ncd\r\n2\r\nef\r\n2\r\ngh\r\n0\r\n\r\n", chunked.Body);
        var old = await RawRequest.SendAsync(app.Gateway.Process.Address, $"GET /counted HTTP/1.0\r\nHost: {app.Tenant.Host}\r\nConnection: keep-alive\r\n\r\n");
        Assert.Equal("abcdefgh", old.Body);
        Assert.DoesNotContain(old.Headers, header => header.StartsWith("Transfer-Encoding", StringComparison.OrdinalIgnoreCase));
    }

    [Conforms(Standard.Wsgi, "Handling the Content-Length Header", "a body shorter than its Content-Length ends the connection and is reported")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task ABodyThatIsTooShort_EndsTheConnection(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);

        foreach (var (path, body) in new[] { ("/list", "abcd"), ("/two", "abcd"), ("/counted", "abcdefgh") })
        {
            using var connection = await app.BeginAsync($"GET {path}?10");
            var answer = await connection.ReadToEndAsync();
            Assert.Contains("Content-Length: 10\r\n", answer, StringComparison.Ordinal);
            Assert.EndsWith("\r\n\r\n" + body, answer, StringComparison.Ordinal);
            await app.Gateway.Process.Output.WaitForLineAsync($"{app.Tenant.Name} failed to answer GET {path}");
        }

        // Nothing is on the wire yet: it can be told.
        using var none = await app.GetAsync("/empty?10", ("Accept", "text/plain"));
        Assert.Contains("10 bytes shorter than its Content-Length", await none.TextAsync(HttpStatusCode.InternalServerError), StringComparison.Ordinal);
    }

    [Conforms(Standard.Wsgi, "Handling the Content-Length Header", "iteration stops once the declared length has been sent and more comes, which is reported")]
    [Conforms(Standard.Wsgi, "Handling the Content-Length Header", "write() past the declared length is an error")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task ABodyThatIsTooLong_IsCutAndReported(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);

        foreach (var (path, closed) in new[]
        {
            // Cut inside the second block; at its end, where only the next one shows the excess; and by write().
            ("/counted?3", "/counted:3"), ("/counted?4", "/counted:5"), ("/counted?8", "/counted:6"), ("/write?4", "refused"), ("/list?3", ""), ("/two?2", ""),
        })
        {
            var length = int.Parse(path[^1..], System.Globalization.CultureInfo.InvariantCulture);
            using var connection = await app.BeginAsync($"GET {path}");
            await connection.ReadUntilAsync("\r\n\r\n" + "abcdefgh"[..length]);
            // The same connection goes on: not a byte too many.
            await connection.SendAsync($"GET /list HTTP/1.1\r\nHost: {app.Tenant.Host}\r\nConnection: close\r\n\r\n");
            var both = await connection.ReadToEndAsync();
            Assert.Equal("abcdefgh"[..length], both[(both.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..both.IndexOf("HTTP/1.1", 1, StringComparison.Ordinal)]);
            await Eventually.Async(async () => Assert.EndsWith(closed, await app.TextAsync("/closed"), StringComparison.Ordinal));
        }

        await app.Gateway.Process.Output.WaitForAsync(line => line.Contains($"{app.Tenant.Name} stderr: The app gave a longer body", StringComparison.Ordinal), "the report of the excess");
    }

    [Conforms(Standard.Wsgi, "Handling the Content-Length Header", "204, 205 and 304 have no body, whatever the app gives, nor has the answer to HEAD")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task AnswersWithoutABody_EndWithTheirFirstBlock(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            closed = []

            class Endless:
                def __iter__(self):
                    while True:
                        yield b"more"

                def close(self):
                    closed.append("closed")

            def app(environ, start_response):
                status = {"/204": "204 No Content", "/205": "205 Reset Content", "/304": "304 Not Modified"}.get(environ["PATH_INFO"], "200 OK")
                start_response(status, [("ETag", '"x"')])
                if environ["PATH_INFO"] == "/closed":
                    return [str(len(closed)).encode()]
                return Endless()
            """);

        var closed = 0;
        foreach (var request in new[] { "HEAD /", "GET /204", "GET /205", "GET /304" })
        {
            using var connection = await app.BeginAsync(request);
            await connection.ReadUntilAsync("\r\n\r\n");
            await connection.SendAsync($"GET /closed HTTP/1.1\r\nHost: {app.Tenant.Host}\r\nConnection: close\r\n\r\n");
            var both = await connection.ReadToEndAsync();
            Assert.DoesNotContain("more", both, StringComparison.Ordinal);
            Assert.Contains("\r\n\r\nHTTP/1.1 200 OK", both, StringComparison.Ordinal);
            closed++;
            await Eventually.Async(async () => Assert.Equal($"{closed}", await app.TextAsync("/closed")));
        }
    }
}
