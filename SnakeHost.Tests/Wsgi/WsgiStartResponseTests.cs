using System.Net;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Wsgi;

/// <summary>When <c>start_response()</c> may be called, what it checks, and when the headers go out.</summary>
public sealed class WsgiStartResponseTests(SharedGateways gateways)
{
    [Conforms(Standard.Wsgi, "The start_response() Callable", "bad headers raise inside the call, while the app can still react")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task WhatIsWrongWithTheHead_IsRaisedWhereItIsGiven(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            def app(environ, start_response):
                caught = []
                for status, headers in [
                    (200, []), ("OK", []), ("200 OK", None), ("200 OK", [("X-First", "1"), ("X-A", 1)]), ("200 OK", [("X-A", "a\r\nX-Evil: 1")]), ("200 OK", [("Upgrade", "x")]),
                ]:
                    try:
                        start_response(status, headers)
                    except (TypeError, ValueError) as error:
                        caught.append(type(error).__name__)
                start_response("201 Created", [("Content-Type", "text/plain")])
                return [" ".join(caught).encode()]
            """);

        using var response = await app.GetAsync();

        Assert.Equal("TypeError ValueError TypeError TypeError ValueError ValueError", await response.TextAsync(HttpStatusCode.Created));
        Assert.Equal("Created", response.ReasonPhrase);
        Assert.Empty(response.Values("X-First"));
    }

    [Conforms(Standard.Wsgi, "Other HTTP Features", "hop-by-hop headers of the app are an error")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task HopByHopHeaders_AreTheServers(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            from urllib.parse import parse_qsl

            def app(environ, start_response):
                start_response("200 OK", [("Content-Type", "text/plain"), *parse_qsl(environ["QUERY_STRING"])])
                return [b"ok"]
            """);

        foreach (var header in new[]
        {
            "Connection=close", "Connection=upgrade", "Transfer-Encoding=chunked", "TRANSFER-encoding=identity", "Upgrade=websocket", "TE=trailers",
            "Trailer=X-Sum", "Trailers=X-Sum", "Proxy-Connection=close", "Proxy-Authenticate=Basic", "Proxy-Authorization=Basic",
        })
        {
            var response = await app.RawAsync($"/?{header}", "Accept: text/plain\r\n");
            Assert.True(response.Status == 500 && response.Body.Contains("concerns the connection", StringComparison.Ordinal), $"{header}\n{response.Text}");
        }

        // What servers do anyway, and recipes for event streams ask for.
        using var connection = await app.BeginAsync("GET /?Connection=keep-alive&Keep-Alive=timeout%3D5", "");
        var answer = await connection.ReadUntilAsync("\r\n\r\nok");
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("keep-alive", answer, StringComparison.OrdinalIgnoreCase);
    }

    [Conforms(Standard.Wsgi, "The start_response() Callable", "it may be called as late as in the first step of the iteration")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task ALazyApp_CallsItInTheFirstStep(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            class Lazy:
                def __init__(self, environ, start_response):
                    self.start_response = start_response
                    self.steps = iter([b"", b"lazy", b"!"])

                def __iter__(self):
                    return self

                def __next__(self):
                    step = next(self.steps)
                    if not step:
                        self.start_response("202 Accepted", [("Content-Type", "text/plain")])
                    return step

            def app(environ, start_response):
                if environ["PATH_INFO"] == "/class":
                    return Lazy(environ, start_response)
                return generator(start_response)

            def generator(start_response):
                start_response("202 Accepted", [("Content-Type", "text/plain")])
                yield b"lazy"
                yield b"!"
            """);

        foreach (var path in new[] { "/class", "/generator" })
        {
            using var response = await app.GetAsync(path);
            Assert.Equal("lazy!", await response.TextAsync(HttpStatusCode.Accepted));
        }
    }

    [Conforms(Standard.Wsgi, "The start_response() Callable", "the headers are not sent before the first block that is not empty, or the end")]
    [Conforms(Standard.Wsgi, "Error Handling", "an exception after empty blocks still gets an error answer")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task EmptyBlocks_DoNotStartTheResponse(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            import sys

            def app(environ, start_response):
                write = start_response("200 OK", [("X-Kept", "no")])
                write(b"")
                yield b""
                if environ["PATH_INFO"] == "/raises":
                    raise ValueError("on purpose")
                try:
                    raise KeyError("late")
                except KeyError:
                    start_response("503 Later", [("Content-Type", "text/plain")], sys.exc_info())
                yield b"later"
            """);

        using var replaced = await app.GetAsync("/replaced");
        Assert.Equal("later", await replaced.TextAsync(HttpStatusCode.ServiceUnavailable));
        Assert.Empty(replaced.Values("X-Kept"));
        using var raised = await app.GetAsync("/raises", ("Accept", "text/plain"));
        Assert.Contains("on purpose", await raised.TextAsync(HttpStatusCode.InternalServerError), StringComparison.Ordinal);
        Assert.Empty(raised.Values("X-Kept"));
    }

    [Conforms(Standard.Wsgi, "The start_response() Callable", "exc_info may be given in the first call, or as None")]
    [Conforms(Standard.Wsgi, "The start_response() Callable", "the header list is the server's from the call on: later changes to it do not count")]
    [Conforms(Standard.Wsgi, "The start_response() Callable", "Date is added by the server when the app gives none, and kept when it does")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task TheFirstCall_Counts(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            import sys

            def app(environ, start_response):
                headers = [("Content-Type", "text/plain")]
                if environ["PATH_INFO"] == "/date":
                    headers.append(("Date", "Thu, 01 Jan 1970 00:00:00 GMT"))
                try:
                    raise KeyError("early")
                except KeyError:
                    exc_info = sys.exc_info() if environ["PATH_INFO"] != "/none" else None
                    start_response("200 OK", headers, exc_info)
                headers.append(("X-Late", "1"))
                return [b"ok"]
            """);

        foreach (var path in new[] { "/", "/none", "/date" })
        {
            using var response = await app.GetAsync(path);
            Assert.Equal("ok", await response.TextAsync(HttpStatusCode.OK));
            Assert.Empty(response.Values("X-Late"));
            Assert.Equal(path == "/date", Assert.Single(response.Values("Date")) == "Thu, 01 Jan 1970 00:00:00 GMT");
        }
    }

    [Conforms(Standard.Wsgi, "The write() Callable", "write before start_response, or of anything but bytes, is an error")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task WriteOfAnythingButBytes_IsAnErrorThatLeavesTheHeadersOpen(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            import sys

            def app(environ, start_response):
                write = start_response("200 OK", [("X-Kept", "no")])
                caught = []
                for data in ["text", None, bytearray(b"x"), 7, ""]:
                    try:
                        write(data)
                    except TypeError:
                        caught.append(type(data).__name__)
                        start_response("200 OK", [("Content-Type", "text/plain")], sys.exc_info())
                return [" ".join(caught).encode()]
            """);

        using var response = await app.GetAsync();

        Assert.Equal("str NoneType bytearray int str", await response.TextAsync(HttpStatusCode.OK));
        Assert.Empty(response.Values("X-Kept"));
    }
}
