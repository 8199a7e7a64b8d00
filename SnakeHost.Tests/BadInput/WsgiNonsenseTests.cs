using System.Net;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.BadInput;

/// <summary>WSGI apps that do not keep to PEP 3333: 500, and the message says what was wrong.</summary>
public sealed class WsgiNonsenseTests(SharedGateways gateways) : BadAppTests(gateways)
{
    /// <summary>The body of <c>app(environ, start_response)</c>.</summary>
    private static readonly string[] s_bodies =
    [
        "return [b'no start_response']",
        "start_response('200 OK', []); return None",
        "start_response('200 OK', []); return 7",
        "start_response('200 OK', []); return ['text']",
        "start_response('200 OK', []); return [None]",
        "start_response('200 OK', []); return 'text'",
        "start_response(200, []); return [b'x']",
        "start_response(b'200 OK', []); return [b'x']",
        "start_response('', []); return [b'x']",
        "start_response('abc', []); return [b'x']",
        "start_response('99 Low', []); return [b'x']",
        "start_response('1000 High', []); return [b'x']",
        "start_response('200 OK\\r\\nX-Evil: 1', []); return [b'x']",
        "start_response('200 OK', None); return [b'x']",
        "start_response('200 OK', [('X-A',)]); return [b'x']",
        "start_response('200 OK', ['X-A: 1']); return [b'x']",
        "start_response('200 OK', [('X-A', 1)]); return [b'x']",
        "start_response('200 OK', [(b'X-A', b'1')]); return [b'x']",
        "start_response('200 OK', [('X-A', 'a\\r\\nX-Evil: 1')]); return [b'x']",
        "start_response('200 OK', [('X-A', 'a\\nX-Evil: 1')]); return [b'x']",
        "start_response('200 OK', [('X-A', 'a\\0b')]); return [b'x']",
        "start_response('200 OK', [('X-Evil: 1\\r\\nX-A', 'a')]); return [b'x']",
        "start_response('200 OK', [('', 'a')]); return [b'x']",
        "start_response('200 OK', [('X A', 'a')]); return [b'x']",
        "start_response('200 OK', [('X-A', '\\u20ac')]); return [b'x']",
        "start_response('200 OK', []); start_response('200 OK', []); return [b'x']",
        "start_response('200 OK', [])('text'); return []",
        "start_response(); return [b'x']",
        "start_response('100 Continue', []); return [b'x']",
        "start_response('101 Switching Protocols', []); return [b'x']",
        "start_response('103 Early Hints', []); return [b'x']",
        "start_response('200OK', []); return [b'x']",
        "start_response('200 OK', (('X-A', 'a'),)); return [b'x']",
        "start_response('200 OK', [('X-A', 'a\\x01b')]); return [b'x']",
        "start_response('200 OK', [('X-A', 'a\\x7fb')]); return [b'x']",
        "start_response('200 OK\\x01', []); return [b'x']",
        "start_response('200 OK', [('X:A', 'a')]); return [b'x']",
        "start_response('200 OK', [('Content-Length', 'abc')]); return [b'x']",
        "start_response('200 OK', [('Content-Length', '-1')]); return [b'x']",
        "start_response('200 OK', [('Content-Length', '1'), ('Content-Length', '2')]); return [b'x']",
        "start_response('200 OK', []); return iter([b'', bytearray(b'x')])",
        "start_response('200 OK', []); start_response('200 OK', [], None); return [b'x']",
        "start_response('200 OK', [])(None); return []",
    ];

    public static TheoryData<string, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, int>();
            foreach (var python in InstalledPythons.All)
            {
                for (var index = 0; index < s_bodies.Length; index++)
                    cases.Add(python.Data, index);
            }

            return cases;
        }
    }

    [Conforms(Standard.Wsgi, "The start_response() Callable", "status is a str of a number from 200 to 999 and a reason, without control characters; anything else is an error")]
    [Conforms(Standard.Wsgi, "The start_response() Callable", "response_headers is a list of tuples of two str; anything else is an error")]
    [Conforms(Standard.Wsgi, "The start_response() Callable", "a header name is a token and a value has no control character, so that nothing can be injected")]
    [Conforms(Standard.Wsgi, "The start_response() Callable", "an app that never calls it is an error, and one that calls it again without exc_info")]
    [Conforms(Standard.Wsgi, "Specification Details", "the app returns an iterable of bytes; anything else is an error")]
    [Conforms(Standard.Wsgi, "Unicode Issues", "native strings beyond U+00FF are an error")]
    [Theory, MemberData(nameof(Cases))]
    public async Task IsRefusedAndLeaksNothingIntoTheAnswer(string python, int index)
    {
        var app = await ServeAsync(python,
            $"""
            def app(environ, start_response):
                if environ["PATH_INFO"] == "/fine":
                    start_response("200 OK", [("Content-Type", "text/plain")])
                    return [b"fine"]
                {s_bodies[index]}
            """);

        var response = await app.RawAsync("/", "Accept: text/plain\r\n");

        Assert.True(response.Status == 500, $"{s_bodies[index]}\n{response.Text}");
        Assert.DoesNotContain(response.Headers, header => header.StartsWith("X-Evil", StringComparison.OrdinalIgnoreCase));
        Assert.Equal("fine", await app.TextAsync("/fine"));
        await AssertOthersAreUndisturbedAsync(app);
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task AnAppOfTheWrongArity_IsAnErrorThatShowsTheTypeError(string python)
    {
        var app = await ServeAsync(python, "def app():\n    return []\n");

        Assert.Contains("TypeError", await AnswerAsync(app, HttpStatusCode.InternalServerError), StringComparison.Ordinal);
        await AssertOthersAreUndisturbedAsync(app);
    }

    [Conforms(Standard.Wsgi, "Handling the Content-Length Header", "no more bytes are sent than the header allows")]
    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task MoreBytesThanTheDeclaredLength_AreNotTakenForTheNextAnswer(string python)
    {
        var app = await ServeAsync(python,
            """
            def app(environ, start_response):
                start_response("200 OK", [("Content-Length", "2")])
                return [b"okHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"]
            """);

        var response = await app.RawAsync("/");

        Assert.DoesNotContain("evil", response.Text, StringComparison.Ordinal);
        await AssertOthersAreUndisturbedAsync(app);
    }
}
