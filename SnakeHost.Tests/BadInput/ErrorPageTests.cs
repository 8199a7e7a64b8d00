using System.Net;
using System.Text.Json;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.BadInput;

/// <summary>How an error is shown: by what the client accepts, and in full in Development only.</summary>
public sealed class ErrorPageTests(SharedGateways gateways) : BadAppTests(gateways)
{
    private const string Failing =
        """
        def prices(secret):
            raise ValueError("<script>alert(1)</script> & co")

        def answer(path):
            return prices("hunter2")
        """;

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task InDevelopment_ABrowserGetsAPageThatShowsTheSourceEscaped(string python, string kind)
    {
        var app = await ServeAsync(python, PythonApps.Answering(Failing, kind));

        using var response = await app.GetAsync("/", ("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"));

        var page = await response.TextAsync(HttpStatusCode.InternalServerError);
        Assert.Equal("text/html", response.Content.Headers.ContentType!.MediaType);
        Assert.Contains("ValueError", page, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; co", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>alert(1)", page, StringComparison.Ordinal);
        Assert.Contains("main.py", page, StringComparison.Ordinal);
        Assert.Contains("prices", page, StringComparison.Ordinal);
        Assert.Contains("raise ValueError(", page, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task InDevelopment_AProgramGetsJsonAndATerminalText(string python, string kind)
    {
        var app = await ServeAsync(python, PythonApps.Answering(Failing, kind));

        using var json = await app.GetAsync("/", ("Accept", "application/json"));
        var error = JsonDocument.Parse(await json.TextAsync(HttpStatusCode.InternalServerError)).RootElement;
        Assert.EndsWith("json", json.Content.Headers.ContentType!.MediaType, StringComparison.Ordinal);
        Assert.Contains("ValueError", error.GetRawText(), StringComparison.Ordinal);
        Assert.Contains("main.py", error.GetRawText(), StringComparison.Ordinal);

        using var text = await app.GetAsync("/", ("Accept", "text/plain"));
        var traceback = await text.TextAsync(HttpStatusCode.InternalServerError);
        Assert.Equal("text/plain", text.Content.Headers.ContentType!.MediaType);
        Assert.Contains("Traceback (most recent call last)", traceback, StringComparison.Ordinal);
        Assert.Contains("ValueError: <script>alert(1)</script> & co", traceback, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task InProduction_ATraceIdIsAllThatIsShown_AndTheLogHasTheRest(string python)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root, EnvironmentName = "Production" });
        var raises = tenants.Add("raises", ("main.py", PythonApps.Answering(Failing)));
        var broken = tenants.Add("broken", ("main.py", "raise LookupError('the password is hunter2')\n"));

        foreach (var tenant in new[] { raises, broken })
        {
            foreach (var accept in new[] { "text/html", "application/json", "text/plain" })
            {
                using var response = await gateway.Client.SendAsync(HttpMethod.Get, tenant.Url("/"), null,
                    ("Accept", accept), ("traceparent", "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"));
                var text = await response.TextAsync(HttpStatusCode.InternalServerError);
                Assert.EndsWith(accept[^4..], response.Content.Headers.ContentType!.MediaType, StringComparison.Ordinal);
                Assert.Contains("0123456789abcdef0123456789abcdef", text, StringComparison.Ordinal);
                Assert.All(["ValueError", "LookupError", "main.py", "hunter2", "Traceback"], word => Assert.DoesNotContain(word, text, StringComparison.Ordinal));
            }
        }

        await gateway.Output.WaitForLineAsync("LookupError");
        await gateway.Output.WaitForLineAsync("ValueError");
        await gateway.StopAsync();
    }

    [Fact]
    public async Task AnUnknownHost_Is404InTheAcceptedForm_AndSaysWhichFolderIsMissing()
    {
        var app = await ServeAsync(InstalledPythons.Default, PythonApps.Answering("def answer(path): return 'x'"));

        foreach (var (accept, type) in new[] { ("text/html", "text/html"), ("application/json", "json"), ("text/plain", "text/plain") })
        {
            using var response = await app.Client.SendAsync(HttpMethod.Get, new("http://nobody.localhost/"), null, ("Accept", accept));
            var text = await response.TextAsync(HttpStatusCode.NotFound);
            Assert.EndsWith(type, response.Content.Headers.ContentType!.MediaType, StringComparison.Ordinal);
            Assert.Contains("There is no folder", text, StringComparison.Ordinal);
        }
    }
}
