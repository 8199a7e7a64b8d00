using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Wsgi;

/// <summary>Clients that do not read, and clients that leave, while an app has more to say.</summary>
public sealed class WsgiBackpressureTests(SharedGateways gateways)
{
    private const int Blocks = 4096;

    /// <summary>A quarter of a gigabyte in blocks of 64 KiB, by iterating or by write(), and how many were asked for.</summary>
    private static readonly string s_app = $$"""
        asked = {"/iterate": 0, "/write": 0}
        ended = {}

        def iterate():
            try:
                for _ in range({{Blocks}}):
                    asked["/iterate"] += 1
                    yield bytes(65536)
                ended["/iterate"] = "sent all"
            except GeneratorExit:
                ended["/iterate"] = "closed"
                raise

        def app(environ, start_response):
            path = environ["PATH_INFO"]
            write = start_response("200 OK", [("Content-Type", "application/octet-stream")])
            if path in ("/asked/iterate", "/asked/write"):
                return [str(asked[path[6:]]).encode()]
            if path in ("/ended/iterate", "/ended/write"):
                return [ended.get(path[6:], "not yet").encode()]
            if path == "/iterate":
                return iterate()
            try:
                for _ in range({{Blocks}}):
                    asked["/write"] += 1
                    write(bytes(65536))
                ended["/write"] = "sent all"
            except OSError:
                ended["/write"] = "OSError"
                raise
            return []
        """;

    public static TheoryData<string, string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string, string>();
            foreach (var python in InstalledPythons.Executables)
            {
                cases.Add(python, "/iterate", "closed");
                cases.Add(python, "/write", "OSError");
            }

            return cases;
        }
    }

    [Conforms(Standard.Wsgi, "Buffering and Streaming", "an app is asked for no more than a slow client takes")]
    [Conforms(Standard.Wsgi, "The write() Callable", "writing to a client that has gone raises OSError")]
    [Theory, MemberData(nameof(Cases))]
    public async Task AClientThatDoesNotRead_HoldsTheAppUpAndEndsItByLeaving(string python, string path, string end)
    {
        var app = await ServedApp.OfAsync(gateways, python, s_app);
        using var connection = await app.BeginAsync($"GET {path}", receiveBuffer: 8192);

        // Held up: many requests later it has still been asked for no more.
        var asked = 0;
        await Eventually.Async(async () =>
        {
            asked = await AskedAsync();
            Assert.NotEqual(0, asked);
            for (var time = 0; time < 20; time++)
                Assert.Equal(asked, await AskedAsync());
        });
        Assert.InRange(asked, 1, Blocks / 4);

        connection.Reset();
        await Eventually.Async(async () => Assert.Equal(end, await app.TextAsync($"/ended{path}")));
        Assert.InRange(await AskedAsync(), asked, asked + 1);

        async Task<int> AskedAsync() => int.Parse(await app.TextAsync($"/asked{path}"), System.Globalization.CultureInfo.InvariantCulture);
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task ALargeBlock_ArrivesWholeByParts(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            import array

            def app(environ, start_response):
                start_response("200 OK", [("Content-Type", "application/octet-stream")])
                block = array.array("I", range(1000000)).tobytes()
                return [block] if environ["PATH_INFO"] == "/one" else iter([block, b"!"])
            """);

        foreach (var (path, length) in new[] { ("/one", 4_000_000), ("/two", 4_000_001) })
        {
            using var response = await app.GetAsync(path);
            var body = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
            Assert.Equal(length, body.Length);
            Assert.All(Enumerable.Range(0, 1_000_000), number => Assert.Equal(number, BitConverter.ToInt32(body, number * 4)));
        }
    }
}
