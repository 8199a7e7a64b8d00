using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.ErrorPages;

/// <summary>An app that fails in the midst of its answer.</summary>
public sealed class BrokenAnswerTests(SharedGateways gateways)
{
    private const string Wsgi = """
        def app(environ, start_response):
            start_response("200 OK", [("Content-Type", "text/plain")])
            yield b"half"
            raise LookupError("in the midst of " + environ["PATH_INFO"])
        """;

    private const string Asgi = """
        async def app(scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
            await send({"type": "http.response.body", "body": b"half", "more_body": True})
            raise LookupError("in the midst of " + scope["path"])
        """;

    [Theory]
    [InlineData(Wsgi)]
    [InlineData(Asgi)]
    public async Task ItsTraceback_IsAllThatTheLogHas(string main)
    {
        var app = await ServedApp.OfAsync(gateways, "python3", main);
        foreach (var path in new[] { "/first", "/second" })
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => app.TextAsync(path));

        var output = app.Gateway.Process.Output;
        await output.WaitForLineAsync("in the midst of /second");
        var lines = output.All;
        Assert.Contains(lines, static line => line.Contains("LookupError: in the midst of /first", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, static line => line.Contains("Microsoft.AspNetCore.Diagnostics", StringComparison.Ordinal));
    }
}
