using System.Net;
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
