using System.Net;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Wsgi;

/// <summary>What a WSGI app may answer (PEP 3333).</summary>
public sealed class WsgiResponseTests(SharedGateways gateways)
{
    [Conforms(Standard.Wsgi, "Specification Details", "wsgiref.validate finds nothing to complain about, in GET, POST and HEAD")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task TheReferee_FindsNothingToComplainAbout(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            import warnings
            from wsgiref.validate import WSGIWarning, validator

            # Of this kind only: the filters are the process's.
            warnings.simplefilter("error", WSGIWarning)

            @validator
            def app(environ, start_response):
                body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
                start_response("200 OK", [("Content-Type", "application/octet-stream"), ("X-Path", environ["PATH_INFO"])])
                return [b"got ", body]
            """);

        Assert.Equal("got ", await app.TextAsync("/plain"));
        Assert.Equal("got body", await app.PostAsync("/post", new StringContent("body")));
        using var head = await app.SendAsync(HttpMethod.Head, "/head");
        Assert.Equal("", await head.TextAsync(HttpStatusCode.OK));
    }

    [Conforms(Standard.Wsgi, "The start_response() Callable", "status and headers go out as given, in order, lines of one name apart, code points up to U+00FF as bytes")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task StatusAndHeaders_ArriveAsGiven(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            def app(environ, start_response):
                start_response("299 Very Fine", [("Set-Cookie", "a=1"), ("X-Latin", "\u00fc"), ("Set-Cookie", "b=2"), ("Content-Length", "2")])
                return [b"ok"]
            """);

        var response = await app.RawAsync("/");

        Assert.StartsWith("HTTP/1.1 299 Very Fine\r\n", response.Text, StringComparison.Ordinal);
        Assert.Equal(["Set-Cookie: a=1", "Set-Cookie: b=2"], response.Headers.Where(header => header.StartsWith("Set-Cookie", StringComparison.OrdinalIgnoreCase)));
        Assert.Contains("X-Latin: \u00fc", response.Headers);
        Assert.Equal("ok", response.Body);
    }

    [Conforms(Standard.Wsgi, "Buffering and Streaming", "bodies stream in both directions")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task TenMegabytes_GoBothWays(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            import hashlib

            def app(environ, start_response):
                digest = hashlib.sha256()
                while chunk := environ["wsgi.input"].read(65536):
                    digest.update(chunk)
                start_response("200 OK", [("Content-Type", "application/octet-stream"), ("X-Digest", digest.hexdigest())])
                return (bytes([number]) * 1048576 for number in range(10))
            """);
        var body = new byte[10 * 1024 * 1024];
        Random.Shared.NextBytes(body);

        using var response = await app.SendAsync(HttpMethod.Post, "/", new ByteArrayContent(body));

        var answer = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.Equal([Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(body))], response.Values("X-Digest"));
        Assert.Equal(10 * 1048576, answer.Length);
        Assert.All(Enumerable.Range(0, 10), number => Assert.All([answer[number * 1048576], answer[((number + 1) * 1048576) - 1]], value => Assert.Equal(number, value)));
    }

    [Conforms(Standard.Wsgi, "Buffering and Streaming", "a block is sent before the next is asked for")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task EachChunkOfAnIterable_IsSentBeforeTheNextIsAskedFor(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            import threading

            go_on = threading.Event()

            def lines():
                yield b"first\n"
                assert go_on.wait(30)
                yield b"second\n"

            def app(environ, start_response):
                start_response("200 OK", [("Content-Type", "text/plain")])
                if environ["PATH_INFO"] == "/go-on":
                    go_on.set()
                    return [b"gone on"]
                return lines()
            """);

        using var response = await app.Client.GetAsync(app.Tenant.Url("/"), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        Assert.Equal("first", await reader.ReadLineAsync(TestContext.Current.CancellationToken));
        Assert.Equal("gone on", await app.TextAsync("/go-on"));
        Assert.Equal("second", await reader.ReadLineAsync(TestContext.Current.CancellationToken));
    }

    [Conforms(Standard.Wsgi, "Specification Details", "close() of the iterable is called exactly once, after an error and after the client has gone too")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task TheIterable_IsClosedExactlyOnce(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            closed = []

            class Body:
                def __init__(self, path):
                    self.path = path

                def __iter__(self):
                    yield b"x"
                    if self.path == "/raises":
                        raise ValueError("half way")

                def close(self):
                    closed.append(self.path)

            def app(environ, start_response):
                path = environ["PATH_INFO"]
                if path == "/closed":
                    start_response("200 OK", [("Content-Type", "text/plain")])
                    return [" ".join(closed).encode()]
                start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "1")] if path != "/raises" else [("Content-Type", "text/plain")])
                return Body(path)
            """);

        Assert.Equal("x", await app.TextAsync("/whole"));
        using (await app.SendAsync(HttpMethod.Head, "/head"))
        {
        }

        await app.RawAsync("/raises");
        await Eventually.Async(async () => Assert.Equal("/whole /head /raises", await app.TextAsync("/closed")));
    }

    [Conforms(Standard.Wsgi, "Error Handling", "start_response with exc_info replaces status and headers as long as no body has been sent")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task AnErrorBeforeTheFirstByte_MayReplaceTheHeaders(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            import sys

            def app(environ, start_response):
                start_response("200 OK", [("X-Kept", "no")])
                try:
                    raise KeyError("late")
                except KeyError:
                    start_response("503 Later", [("Content-Type", "text/plain")], sys.exc_info())
                return [b"try later"]
            """);

        using var response = await app.GetAsync();

        Assert.Equal("try later", await response.TextAsync(HttpStatusCode.ServiceUnavailable));
        Assert.Empty(response.Values("X-Kept"));
    }

    [Conforms(Standard.Wsgi, "Error Handling", "start_response with exc_info raises the exception again once body has been sent, and the response is not taken for whole")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task AnErrorAfterTheFirstByte_IsRaisedAgainAndAbortsTheConnection(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            import sys

            raised = []

            def app(environ, start_response):
                if environ["PATH_INFO"] == "/raised":
                    start_response("200 OK", [("Content-Type", "text/plain")])
                    return [repr(raised).encode()]
                return failing(start_response)

            def failing(start_response):
                start_response("200 OK", [("Content-Type", "text/plain")])
                yield b"half"
                try:
                    raise KeyError("late")
                except KeyError:
                    try:
                        start_response("500 Oops", [], sys.exc_info())
                    except KeyError as error:
                        raised.append(str(error))
                        raise
            """);

        var response = await app.RawAsync("/");
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", response.Text, StringComparison.Ordinal);
        Assert.Contains("half", response.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("0\r\n\r\n", response.Body, StringComparison.Ordinal);
        Assert.Equal("""["'late'"]""", await app.TextAsync("/raised"));
    }

    [Conforms(Standard.Wsgi, "The write() Callable", "what is written goes out before the iterable, and start_response returns the callable")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task TheWriteCallable_SendsBeforeTheIterable(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            def app(environ, start_response):
                write = start_response("200 OK", [("Content-Type", "text/plain")])
                write(b"one ")
                write(b"two ")
                return [b"three"]
            """);

        Assert.Equal("one two three", await app.TextAsync());
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task AnswersThatMayHaveNoBody_HaveNone(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            def app(environ, start_response):
                status = {"/204": "204 No Content", "/304": "304 Not Modified"}.get(environ["PATH_INFO"], "200 OK")
                start_response(status, [("Content-Type", "text/plain"), ("X-Method", environ["REQUEST_METHOD"])] + ([("Content-Length", "5")] if status == "200 OK" else []))
                return [b"hello"] if status == "200 OK" else [b""]
            """);

        foreach (var (target, status) in new[] { ("/204", 204), ("/304", 304) })
        {
            var response = await app.RawAsync(target);
            Assert.Equal((status, ""), (response.Status, response.Body));
            Assert.DoesNotContain(response.Headers, header => header.StartsWith("Transfer-Encoding", StringComparison.OrdinalIgnoreCase));
        }

        using var head = await app.SendAsync(HttpMethod.Head, "/");
        Assert.Equal(5, head.Content.Headers.ContentLength);
        Assert.Equal(["HEAD"], head.Values("X-Method"));
        Assert.Equal("hello", await app.TextAsync());
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task AFactory_IsCalledOncePerTenant(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            calls = []

            def create_app():
                calls.append(1)

                def application(environ, start_response):
                    start_response("200 OK", [("Content-Type", "text/plain")])
                    return [b"made %d" % len(calls)]

                return application
            """);

        for (var time = 0; time < 3; time++)
        {
            using var response = await app.Client.SendAsync(HttpMethod.Get, new($"http://{SharedGateway.FactoryHost}/"), null, (SharedGateway.TenantHeader, app.Tenant.Name));
            Assert.Equal("made 1", await response.TextAsync(HttpStatusCode.OK));
        }
    }
}
