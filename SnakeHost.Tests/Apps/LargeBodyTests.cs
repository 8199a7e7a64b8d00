using System.Net;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Apps;

/// <summary>A large body that an app gives in one piece is sent from the app's own object, at the client's pace.</summary>
public sealed class LargeBodyTests(SharedGateways gateways)
{
    private const int Size = 8_000_000;

    /// <summary>The query is the declared length, if any; <c>/references</c> tells how many there are to the body.</summary>
    private static readonly string s_app = $$"""
        import array, sys

        BODY = array.array("I", range({{Size}} // 4)).tobytes()
        HUGE = bytes(64_000_000)  # more than a kernel keeps for a connection

        def answer(path):
            if path == "/references":
                return f"{sys.getrefcount(BODY)} {sys.getrefcount(HUGE)}".encode()
            return HUGE if path == "/huge" else BODY
        """;

    private static readonly string s_wsgi = s_app +
        """


        news = []

        def app(environ, start_response):
            if environ["REQUEST_METHOD"] == "POST":
                try:
                    environ["wsgi.input"].read(1)
                    news.append("begun")
                    while environ["wsgi.input"].read(65536):
                        pass
                except OSError:
                    news.append("left")
            body = " ".join(news).encode() if environ["PATH_INFO"] == "/news" else answer(environ["PATH_INFO"])
            length = environ["QUERY_STRING"]
            start_response("200 OK", [("Content-Type", "text/plain")] + ([("Content-Length", length)] if length else []))
            return [body]
        """;

    private static readonly string s_asgi = s_app +
        """


        async def app(scope, receive, send):
            if scope["type"] != "http":
                raise RuntimeError
            length = scope["query_string"]
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)] if length else []})
            await send({"type": "http.response.body", "body": answer(scope["path"])})
        """;

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task ItArrivesWhole_AndIsHeldNoLonger(string python, string kind)
    {
        var app = await ServedApp.OfAsync(gateways, python, kind == "wsgi" ? s_wsgi : s_asgi);
        var before = await app.TextAsync("/references");

        using var response = await app.GetAsync();
        var body = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);

        Assert.Equal(Size, response.Content.Headers.ContentLength);
        Assert.Equal(Size, body.Length);
        Assert.All(Enumerable.Range(0, Size / 4), number => Assert.Equal(number, BitConverter.ToInt32(body, number * 4)));
        await Eventually.Async(async () => Assert.Equal(before, await app.TextAsync("/references")));
    }

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task AClientThatReadsNothingAndLeaves_HoldsItNoLonger(string python, string kind)
    {
        var app = await ServedApp.OfAsync(gateways, python, kind == "wsgi" ? s_wsgi : s_asgi);
        var before = await app.TextAsync("/references");
        using var connection = await app.BeginAsync("GET /huge", receiveBuffer: 8192);
        await connection.ReadUntilAsync("\r\n\r\n");
        Assert.NotEqual(before, await app.TextAsync("/references"));

        connection.Reset();

        await Eventually.Async(async () => Assert.Equal(before, await app.TextAsync("/references")));
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task AnAnswerToAClientThatHasLeft_HoldsItNoLonger(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, s_wsgi);
        var before = await app.TextAsync("/references");

        using var connection = await app.BeginAsync("POST /", "Content-Length: 1000000\r\n");
        await connection.SendAsync(new byte[100_000]);
        await Eventually.Async(async () => Assert.Equal("begun", await app.TextAsync("/news")));
        connection.Reset();

        await Eventually.Async(async () =>
        {
            Assert.Equal("begun left", await app.TextAsync("/news"));
            Assert.Equal(before, await app.TextAsync("/references"));
        });
    }

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task AHeadRequest_GetsNothingOfIt(string python, string kind)
    {
        var app = await ServedApp.OfAsync(gateways, python, kind == "wsgi" ? s_wsgi : s_asgi);

        using var connection = await app.BeginAsync("HEAD /");
        await connection.SendAsync($"GET /references HTTP/1.1\r\nHost: {app.Tenant.Host}\r\nConnection: close\r\n\r\n");
        var answers = await connection.ToEndAsync();

        Assert.Contains($"Content-Length: {Size}\r\n", answers, StringComparison.OrdinalIgnoreCase);
        Assert.InRange(answers.Length, 1, 2000);
        Assert.Equal(3, answers.Split("HTTP/1.1 200 OK").Length);
    }

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task OneThatIsShorterThanDeclared_EndsTheConnection(string python, string kind)
    {
        var app = await ServedApp.OfAsync(gateways, python, kind == "wsgi" ? s_wsgi : s_asgi);

        using var connection = await app.BeginAsync($"GET /?{Size + 1}");
        var answer = await connection.ToEndAsync();

        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer);
        Assert.Equal(Size, answer.Length - answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) - 4);
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task OneThatIsLongerThanDeclared_IsCutOff(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, s_wsgi);

        using var connection = await app.BeginAsync($"GET /?{Size - 1}");
        await connection.UntilAsync("\r\n\r\n");
        Assert.Equal(Size - 1, (await connection.BytesAsync(Size - 1)).Length);

        // What was left out is not taken for the next answer.
        await connection.SendAsync($"GET /references HTTP/1.1\r\nHost: {app.Tenant.Host}\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", await connection.ToEndAsync());
    }

    [Fact]
    public async Task AClientThatDoesNotRead_HoldsNoThreadOfTheApps()
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new GatewaySettings { Root = tenants.Root, Arguments = ["--threads", "1"] });
        var tenant = tenants.Add("app", ("main.py", s_wsgi));
        using var connection = await RawConnection.OpenAsync(gateway.Address, receiveBuffer: 8192);
        await connection.SendAsync($"GET /huge HTTP/1.1\r\nHost: {tenant.Host}\r\n\r\n");
        await connection.ReadUntilAsync("\r\n\r\n");

        using var response = await gateway.Client.GetAsync(tenant.Url("/references"), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }
}
