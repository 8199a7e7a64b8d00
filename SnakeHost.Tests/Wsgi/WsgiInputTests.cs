using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Wsgi;

/// <summary><c>wsgi.input</c>, whether the body is there when the app is called or comes later.</summary>
public sealed class WsgiInputTests(SharedGateways gateways)
{
    private const string Body = "first\nsecond\nthird\nfourth\nlast";

    /// <summary>Each reads the whole body in its own way; the first element of a pair is Python, the second its value.</summary>
    private static readonly (string Expression, string Value)[] s_readings =
    [
        ("[i.read()]", $"[b'{Body.Replace("\n", "\\n", StringComparison.Ordinal)}']"),
        ("[i.read(-1), i.read(-1)]", $"[b'{Body.Replace("\n", "\\n", StringComparison.Ordinal)}', b'']"),
        ("[i.read(None), i.read(None)]", $"[b'{Body.Replace("\n", "\\n", StringComparison.Ordinal)}', b'']"),
        ("[i.read(0), i.read(5), i.read(0), len(i.read(1000)), i.read(1000), i.read(0), i.read()]", "[b'', b'first', b'', 25, b'', b'', b'']"),
        ("[i.readline(), i.readline(3), i.readline(3), i.readline(100), i.readline(0), i.readline(-1), i.readline(), i.readline(), i.readline()]",
            @"[b'first\n', b'sec', b'ond', b'\n', b'', b'third\n', b'fourth\n', b'last', b'']"),
        ("[i.readline(None), i.readlines()]", @"[b'first\n', [b'second\n', b'third\n', b'fourth\n', b'last']]"),
        ("[i.readlines(8), i.readlines(-1), i.readlines()]", @"[[b'first\n', b'second\n'], [b'third\n', b'fourth\n', b'last'], []]"),
        ("[*i]", @"[b'first\n', b'second\n', b'third\n', b'fourth\n', b'last']"),
        ("[next(i), i.read(3), i.readline(), next(iter(i)), list(i), list(i)]", @"[b'first\n', b'sec', b'ond\n', b'third\n', [b'fourth\n', b'last'], []]"),
    ];

    private static readonly string s_app = $$"""
        READINGS = [
        {{string.Join("\n", s_readings.Select(reading => $"    lambda i: {reading.Expression},"))}}
        ]

        def app(environ, start_response):
            parts = READINGS[int(environ["PATH_INFO"][1:])](environ["wsgi.input"])
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [repr(parts).encode()]
        """;

    [Conforms(Standard.Wsgi, "Input and Error Streams", "read, readline and readlines take a size or a hint, which may be 0, negative or None, as files do")]
    [Conforms(Standard.Wsgi, "Input and Error Streams", "reading beyond the end gives an empty bytes, however often")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task ABodyThatIsThere_ReadsLikeAFile(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, s_app);

        for (var index = 0; index < s_readings.Length; index++)
            Assert.Equal(s_readings[index].Value, await app.PostAsync($"/{index}", new StringContent(Body)));
    }

    [Conforms(Standard.Wsgi, "Input and Error Streams", "a body that comes in pieces while the app reads gives the same as one that is there")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task ABodyThatComesLater_ReadsTheSame(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, s_app);

        for (var index = 0; index < s_readings.Length; index++)
        {
            // The app reads already: that is what the interim answer says.
            using var connection = await app.BeginAsync($"POST /{index}", $"Connection: close\r\nExpect: 100-continue\r\nContent-Length: {Body.Length}\r\n");
            await connection.ReadUntilAsync("HTTP/1.1 100 Continue\r\n\r\n");
            foreach (var piece in Body.Chunk(7))
                await connection.SendAsync(new string(piece));
            Assert.EndsWith("\r\n\r\n" + s_readings[index].Value, await connection.ReadToEndAsync(), StringComparison.Ordinal);
        }
    }

    [Conforms(Standard.Wsgi, "HTTP 1.1 Expect/Continue", "100 Continue is sent when the app reads, and not before")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task AnAppThatDoesNotRead_DoesNotAskForTheBody(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            def app(environ, start_response):
                start_response("413 Too Large", [("Content-Type", "text/plain")])
                return [b"refused"]
            """);

        foreach (var framing in new[] { "Content-Length: 1000000", "Transfer-Encoding: chunked" })
        {
            using var connection = await app.BeginAsync("POST /", $"Expect: 100-continue\r\n{framing}\r\n");
            var answer = await connection.ReadUntilAsync("refused");
            Assert.StartsWith("HTTP/1.1 413 Too Large\r\n", answer, StringComparison.Ordinal);
        }
    }

    [Conforms(Standard.Wsgi, "Input and Error Streams", "a body that breaks off raises OSError and is never taken for whole")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task AnUploadThatBreaksOff_RaisesOSError(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            seen = {}
            READINGS = {
                "/all": lambda i: i.read(),
                "/size": lambda i: i.read(10),
                "/more": lambda i: i.read(1000),
                "/line": lambda i: i.readline(),
                "/lines": lambda i: i.readlines(),
                "/iteration": lambda i: list(i),
            }

            def app(environ, start_response):
                path = environ["PATH_INFO"]
                text = path + environ["QUERY_STRING"]
                if path == "/seen":
                    start_response("200 OK", [("Content-Type", "text/plain")])
                    return [" ".join(f"{name}={seen[name]}" for name in sorted(seen)).encode()]
                try:
                    READINGS[path](environ["wsgi.input"])
                    seen[text] = "complete"
                except OSError:
                    seen[text] = "OSError"
                start_response("200 OK", [("Content-Type", "text/plain")])
                return [b"read"]
            """);
        string[] paths = ["/all", "/iteration", "/line", "/lines", "/more", "/size"];
        var expected = paths.SelectMany(path => new[] { $"{path}chunked=OSError", $"{path}length=OSError" }).ToList();

        foreach (var path in paths)
        {
            // The app reads already: that is what the interim answer says.
            using var known = await app.BeginAsync($"POST {path}?length", "Expect: 100-continue\r\nContent-Length: 10\r\n");
            await known.ReadUntilAsync("HTTP/1.1 100 Continue\r\n\r\n");
            await known.SendAsync("12345");
            known.EndSending();
            using var chunked = await app.BeginAsync($"POST {path}?chunked", "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n");
            await chunked.ReadUntilAsync("HTTP/1.1 100 Continue\r\n\r\n");
            await chunked.SendAsync("5\r\n12345\r\n");
            chunked.EndSending();
        }

        await Eventually.Async(async () => Assert.Equal(string.Join(' ', expected), await app.TextAsync("/seen")));
    }

    [Conforms(Standard.Wsgi, "Buffering and Streaming", "an app may answer while the request body is still coming, and use what it gets")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task AConversation_GoesBackAndForthInOneRequest(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            def app(environ, start_response):
                start_response("200 OK", [("Content-Type", "text/plain")])
                return (b"<" + line + b">" for line in environ["wsgi.input"])
            """);

        using var known = await app.BeginAsync("POST /", "Connection: close\r\nContent-Length: 8\r\n");
        await known.SendAsync("one\n");
        await known.ReadUntilAsync("<one\n>");
        await known.SendAsync("two\n");
        await known.ReadUntilAsync("<two\n>");

        // No length, and the client waits for an answer in the middle: it is not waited for.
        using var chunked = await app.BeginAsync("POST /", "Connection: close\r\nTransfer-Encoding: chunked\r\n");
        await chunked.SendAsync("4\r\none\n\r\n");
        await chunked.ReadUntilAsync("<one\n>");
        await chunked.SendAsync("4\r\ntwo\n\r\n");
        await chunked.ReadUntilAsync("<two\n>");
        await chunked.SendAsync("0\r\n\r\n");
        Assert.EndsWith("0\r\n\r\n", await chunked.ReadToEndAsync(), StringComparison.Ordinal);
    }
}
