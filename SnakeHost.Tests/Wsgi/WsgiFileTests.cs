using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Wsgi;

/// <summary><c>wsgi.file_wrapper</c>: real files by the server, anything else with a <c>read</c> block by block.</summary>
public sealed class WsgiFileTests(SharedGateways gateways)
{
    /// <summary>Ten thousand numbers of five digits; the path names the kind of file, the query the declared length.</summary>
    private const string App =
        """
        import gzip, io, os, tempfile

        DATA = "".join(f"{number:05}" for number in range(10000)).encode()
        with open("data.bin", "wb") as file:
            file.write(DATA)
        with gzip.open("data.gz", "wb") as file:
            file.write(DATA)
        closed = []

        class Reader:
            def __init__(self):
                self.left = [DATA[:70000][i:i + 1000] for i in range(0, 50000, 1000)]

            def read(self, size):
                return self.left.pop(0) if self.left else b""

            def close(self):
                closed.append("Reader")

        class Loud(io.FileIO):
            def read(self, size=-1):
                return super().read(size).replace(b"0", b"o")

        def temporary(make):
            file = make()
            file.write(DATA)
            file.seek(5)
            return file

        def positioned():
            file = open("data.bin", "rb")
            file.read(25)
            return file

        def deleted():
            with open("gone.bin", "wb") as gone:
                gone.write(DATA)
            file = open("gone.bin", "rb")
            os.remove("gone.bin")
            return file

        def counted():
            file = open("data.bin", "rb", 0)
            class Proxy:
                read = file.read
                def close(self):
                    closed.append("Proxy")
                    file.close()
            return Proxy()

        FILES = {
            "/plain": lambda: open("data.bin", "rb"),
            "/raw": lambda: open("data.bin", "rb", 0),
            "/positioned": positioned,
            "/deleted": deleted,
            "/named": lambda: temporary(tempfile.NamedTemporaryFile),
            "/unnamed": lambda: temporary(tempfile.TemporaryFile),
            "/spooled": lambda: temporary(tempfile.SpooledTemporaryFile),
            "/memory": lambda: io.BytesIO(DATA),
            "/gzip": lambda: gzip.open("data.gz"),
            "/buffered-gzip": lambda: io.BufferedReader(gzip.open("data.gz")),
            "/reader": Reader,
            "/loud": lambda: Loud("data.bin"),
            "/proxy": counted,
            "/proc": lambda: open("/proc/self/status", "rb"),
            "/end": lambda: (file := open("data.bin", "rb"), file.seek(0, 2))[0],
        }

        def app(environ, start_response):
            path, length = environ["PATH_INFO"], environ["QUERY_STRING"]
            start_response("304 Not Modified" if path == "/304" else "200 OK", [("Content-Type", "text/plain")] + ([("Content-Length", length)] if length else []))
            if path == "/closed":
                return [" ".join(closed).encode()]
            if path == "/304":
                path = "/proxy"
            return environ["wsgi.file_wrapper"](FILES[path](), 1000)
        """;

    private static readonly string s_data = string.Concat(Enumerable.Range(0, 10000).Select(number => $"{number:00000}"));

    [Conforms(Standard.Wsgi, "Optional Platform-Specific File Handling", "a file is sent from its current position to its end, whatever kind of file it is")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task AnyFile_IsSentFromItsPositionOn(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);

        foreach (var (path, expected) in new[]
        {
            ("/plain", s_data), ("/raw", s_data), ("/positioned", s_data[25..]), ("/deleted", s_data), ("/named", s_data[5..]), ("/unnamed", s_data[5..]),
            ("/spooled", s_data[5..]), ("/memory", s_data), ("/gzip", s_data), ("/buffered-gzip", s_data), ("/reader", s_data), ("/loud", s_data.Replace('0', 'o')),
            ("/proxy", s_data), ("/end", ""),
        })
        {
            Assert.True(expected == await app.TextAsync(path), path);
        }

        Assert.Contains("Name:", await app.TextAsync("/proc"), StringComparison.Ordinal);
    }

    [Conforms(Standard.Wsgi, "Optional Platform-Specific File Handling", "no more of a file is sent than its Content-Length, which the server adds when there is none")]
    [Conforms(Standard.Wsgi, "Optional Platform-Specific File Handling", "the wrapper's close is called once, also for HEAD and 304")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task TheLength_IsRespectedAndTheFileClosedOnce(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);

        foreach (var path in new[] { "/plain", "/reader" })
        {
            var part = await app.RawAsync($"{path}?70");
            Assert.Equal(s_data[..70], part.Body);
            var tooLong = await app.RawAsync($"{path}?50001");
            Assert.Contains("Content-Length: 50001", tooLong.Headers);
            Assert.Equal(s_data, tooLong.Body);
        }

        Assert.Contains("Content-Length: 50000", (await app.RawAsync("/plain")).Headers);
        using var head = await app.SendAsync(HttpMethod.Head, "/proxy");
        Assert.Equal(50000, head.Content.Headers.ContentLength);
        await app.RawAsync("/proxy");
        await app.RawAsync("/304");
        await Eventually.Async(async () => Assert.Equal("Reader Reader Proxy Proxy Proxy", await app.TextAsync("/closed")));
    }
}
