using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Wsgi;

/// <summary>However a response ends: the iterable's <c>close()</c> is called, and called once.</summary>
public sealed class WsgiCloseTests(SharedGateways gateways)
{
    private const string App =
        """
        closed = []

        class Body:
            def __init__(self, name, start_response):
                self.name = name
                self.start_response = start_response

            def __iter__(self):
                if self.name == "/iter-raises":
                    raise ValueError("on purpose")
                return self.steps()

            def steps(self):
                if self.name == "/lazy":
                    self.start_response("200 OK", [])
                if self.name == "/first-raises":
                    raise ValueError("on purpose")
                if self.name == "/empty":
                    return
                if self.name == "/wrong":
                    yield "text"
                yield b"x"
                if self.name == "/raises":
                    raise ValueError("on purpose")
                while self.name == "/endless":
                    yield b"x" * 65536

            def close(self):
                closed.append(self.name)
                if self.name == "/close-raises":
                    raise ValueError("close failed on purpose")

        class One(list):
            name = "/one"
            close = Body.close

        def app(environ, start_response):
            path = environ["PATH_INFO"]
            if path not in ("/lazy", "/never"):
                start_response("204 No Content" if path == "/204" else "200 OK", [("Content-Type", "text/plain")] if path != "/204" else [])
            if path == "/closed":
                return [" ".join(sorted(closed)).encode()]
            return One([b"x"]) if path == "/one" else Body(path, start_response)
        """;

    [Conforms(Standard.Wsgi, "Specification Details", "close() is called when iterating raises, when it gives nothing or something wrong, and for answers without a body")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task HoweverItEnds_TheIterableIsClosedOnce(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);
        string[] paths = ["/204", "/close-raises", "/empty", "/first-raises", "/iter-raises", "/lazy", "/never", "/one", "/raises", "/whole", "/wrong"];

        foreach (var path in paths)
            await app.RawAsync(path);
        using (await app.SendAsync(HttpMethod.Head, "/head"))
        {
        }

        await Eventually.Async(async () => Assert.Equal(string.Join(' ', paths.Append("/head").Order(StringComparer.Ordinal)), await app.TextAsync("/closed")));
        await app.Gateway.Process.Output.WaitForLineAsync("close failed on purpose");
    }

    [Conforms(Standard.Wsgi, "Specification Details", "close() is called when the client has gone, and that is no failure of the app")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task AClientThatLeaves_EndsTheResponse(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);

        using (var connection = await app.BeginAsync("GET /endless"))
        {
            await connection.ReadUntilAsync("\r\n\r\n");
            connection.Reset();
        }

        await Eventually.Async(async () => Assert.Equal("/endless", await app.TextAsync("/closed")));
        // A failure is logged, and this one later than the departure would have been.
        await app.RawAsync("/raises");
        await app.Gateway.Process.Output.WaitForLineAsync($"{app.Tenant.Name} failed to answer GET /raises");
        Assert.DoesNotContain(app.Gateway.Process.Output.All, line => line.Contains($"{app.Tenant.Name} failed to answer GET /endless", StringComparison.Ordinal));
    }
}
