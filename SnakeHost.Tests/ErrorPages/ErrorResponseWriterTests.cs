using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.ErrorPages;
using static SnakeHost.Tests.ErrorPages.ErrorResponseSamples;

namespace SnakeHost.Tests.ErrorPages;

public sealed class ErrorResponseWriterTests
{
    [Theory]
    [InlineData("NotFound", 404, null)]
    [InlineData("LoadFailed", 500, null)]
    [InlineData("AppRaised", 500, null)]
    [InlineData("CapacityReached", 503, "2")]
    [InlineData("TooManyLoads", 503, "2")]
    [InlineData("QueueFull", 503, "2")]
    [InlineData("ShuttingDown", 503, "2")]
    [InlineData("LoadTimeout", 504, null)]
    public async Task EveryKind_HasItsStatus_And503SaysWhenToComeBack(string kind, int status, string? retryAfter)
    {
        foreach (var accept in new[] { "text/html", "text/plain", "application/json" })
        {
            var (response, body) = await WriteAsync(new ErrorResponse((ErrorKind)typeof(ErrorKind).GetProperty(kind)!.GetValue(null)!), accept);
            Assert.Equal(status, response.StatusCode);
            Assert.Equal(retryAfter, response.Headers.RetryAfter.ToString() is { Length: > 0 } seconds ? seconds : null);
            Assert.Equal("no-store", response.Headers.CacheControl.ToString());
            Assert.StartsWith(accept == "application/json" ? "application/problem+json" : accept, response.ContentType, StringComparison.Ordinal);
            Assert.NotEmpty(body);
        }
    }

    [Fact]
    public async Task RetryAfter_IsWholeSecondsRoundedUp_AndAtLeastOne()
    {
        Assert.Equal("3", (await WriteAsync(new(ErrorKind.QueueFull) { RetryAfter = TimeSpan.FromSeconds(2.1) })).Response.Headers.RetryAfter);
        Assert.Equal("1", (await WriteAsync(new(ErrorKind.QueueFull) { RetryAfter = TimeSpan.Zero })).Response.Headers.RetryAfter);
    }

    [Fact]
    public async Task Text_ShowsTheTracebackAndWhatToDo()
    {
        var (_, body) = await WriteAsync(Raised, "*/*");
        Assert.StartsWith("500 The app raised an exception\n", body, StringComparison.Ordinal);
        Assert.Contains(KeyError.Traceback, body, StringComparison.Ordinal);
        Assert.Contains("request:   GET notes.localhost:9080/list\n", body, StringComparison.Ordinal);
        Assert.EndsWith("Fix the file and reload this page: SnakeHost picks it up.\n", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_IsAProblemThatCarriesTheError()
    {
        var (_, body) = await WriteAsync(Raised, "application/json");
        using var document = JsonDocument.Parse(body);
        var problem = document.RootElement;
        Assert.Equal("urn:snakehost:app-raised", problem.GetProperty("type").GetString());
        Assert.Equal(500, problem.GetProperty("status").GetInt32());
        Assert.Equal("notes-1f", problem.GetProperty("tenant").GetString());
        var error = problem.GetProperty("error");
        Assert.Equal(("KeyError", 7), (error.GetProperty("type").GetString(), error.GetProperty("line").GetInt32()));
        Assert.Equal(KeyError.Traceback, error.GetProperty("traceback").GetString());
        Assert.Equal(3, error.GetProperty("frames").GetArrayLength());
    }

    [Theory]
    [InlineData("text/html")]
    [InlineData("text/plain")]
    [InlineData("application/json")]
    public async Task InProduction_NothingOfTheAppIsShown_ButTheTraceId(string accept)
    {
        using var activity = new Activity("request").Start();
        var (response, body) = await WriteAsync(Raised with { Detail = "detail-secret" }, accept, details: false);
        Assert.Equal(500, response.StatusCode);
        Assert.Contains(activity.TraceId.ToHexString(), body, StringComparison.Ordinal);
        // Without the style sheet, which talks of "main" too, and without the tags.
        var visible = System.Text.RegularExpressions.Regex.Replace(body, "<style>.*?</style>|</?main[^>]*>", "", System.Text.RegularExpressions.RegexOptions.Singleline);
        foreach (var secret in new[] { "KeyError", "title'", "main", "/srv", "notes", "secret", "Fix the file" })
            Assert.DoesNotContain(secret, visible, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Head_GetsTheHeadersOfGet_AndNoBody()
    {
        var (get, body) = await WriteAsync(Raised, "text/html");
        var (head, nothing) = await WriteAsync(Raised, "text/html", method: "HEAD");
        Assert.Equal("", nothing);
        Assert.Equal(get.StatusCode, head.StatusCode);
        Assert.Equal(get.ContentType, head.ContentType);
        // The method, one letter longer, stands in the page twice.
        Assert.Equal(System.Text.Encoding.UTF8.GetByteCount(body) + 2, head.ContentLength);
    }

    [Fact]
    public async Task TheHeadersThatTheAppHadPrepared_AreDropped()
    {
        var (response, _) = await WriteAsync(Raised, prepare: context =>
        {
            context.Response.StatusCode = 201;
            context.Response.Headers.SetCookie = "session=1";
            context.Response.Headers.ContentEncoding = "gzip";
        });
        Assert.Equal(500, response.StatusCode);
        Assert.False(response.Headers.ContainsKey("Set-Cookie"));
        Assert.False(response.Headers.ContainsKey("Content-Encoding"));
    }

    [Fact]
    public async Task WhenTheResponseHasStarted_TheConnectionIsAbortedAndNothingWritten()
    {
        var context = new DefaultHttpContext();
        using var body = new MemoryStream();
        var lifetime = new Lifetime();
        context.Features.Set<IHttpResponseFeature>(new StartedResponse());
        context.Features.Set<IHttpRequestLifetimeFeature>(lifetime);
        context.Response.Body = body;
        await new ErrorResponseWriter(showDetails: true).WriteAsync(context, Raised);
        Assert.True(lifetime.Aborted);
        Assert.Equal(0, body.Length);
        Assert.Equal(200, context.Response.StatusCode);
    }

    private sealed class StartedResponse : HttpResponseFeature
    {
        public override bool HasStarted => true;
    }

    private sealed class Lifetime : IHttpRequestLifetimeFeature
    {
        public bool Aborted { get; private set; }

        public CancellationToken RequestAborted { get; set; }

        public void Abort() => Aborted = true;
    }
}
