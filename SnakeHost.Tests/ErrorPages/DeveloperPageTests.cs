using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.ErrorPages;
using static SnakeHost.Tests.ErrorPages.ErrorResponseSamples;

namespace SnakeHost.Tests.ErrorPages;

public sealed partial class DeveloperPageTests
{
    [Fact]
    public async Task TheInnermostFrameStandsFirst_TheAppsOwnAreOpen_LibraryCodeIsFolded()
    {
        var (_, html) = await WriteAsync(Raised, "text/html");
        var frames = Frame().Matches(html).Select(match => (Class: match.Groups[1].Value, Open: match.Groups[2].Length > 0, File: match.Groups[3].Value));
        Assert.Equal([("own", true, "views.py"), ("library", false, "json/decoder.py"), ("own", true, "main.py")], frames);
        Assert.Contains("<span class=\"hit\"><i>12</i>    return views.index(environ)", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhereAllFramesAreLibraryCode_TheInnermostIsOpen()
    {
        var frames = KeyError.Frames.Select(frame => frame with { IsTenantCode = false }).ToList();
        var (_, html) = await WriteAsync(Raised with { Error = KeyError with { Frames = frames } }, "text/html");
        Assert.Equal([true, false, false], Frame().Matches(html).Select(match => match.Groups[2].Length > 0));
    }

    [Fact]
    public async Task NothingTheAppSays_BecomesMarkup()
    {
        const string Attack = "</pre></title><script>alert(1)</script><img src=x onerror=alert(1)>\"'&";
        var error = new PythonError(Attack, Attack, Attack, Attack, 1, [new(Attack, 1, Attack, Attack, [new(1, Attack)], true)]);
        var answer = new ErrorResponse(ErrorKind.LoadFailed) { Error = error, App = Attack, Directory = Attack, Tenant = Attack, Detail = Attack };
        var (_, html) = await WriteAsync(answer, "text/html", prepare: context =>
        {
            context.Request.Host = new Microsoft.AspNetCore.Http.HostString("<script>alert(2)</script>");
            context.Request.Method = "<b>";
        });
        Assert.Single(Regex.Matches(html, "<script"));
        Assert.DoesNotContain("<img", html, StringComparison.Ordinal);
        Assert.DoesNotContain("alert(1)</script>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<b><", html, StringComparison.Ordinal);
        Assert.Contains("&lt;img src=x onerror=alert(1)&gt;&quot;&#x27;&amp;", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/html")]
    [InlineData("text/plain")]
    public async Task LoneSurrogatesTerminalEscapesAndReorderingMarks_AreShownNotObeyed(string accept)
    {
        var (_, body) = await WriteAsync(Raised with { Error = KeyError with { Message = "", Traceback = "a\ud800b\x1b[31mred\u202egpj.exe\0\r\n💥é" } }, accept);
        Assert.Contains(@"a\ud800b\x1b[31mred\u202egpj.exe\x00", body, StringComparison.Ordinal);
        Assert.True(body.Contains("💥é", StringComparison.Ordinal) || body.Contains("&#x1F4A5;é", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AHugeMessage_IsCappedAndItsEndKept()
    {
        var huge = new string('x', 5_000_000) + "the-end";
        var error = KeyError with { Message = huge, Traceback = huge, Frames = [KeyError.Frames[0] with { Source = huge, Context = [new(12, huge)], Function = huge }] };
        foreach (var accept in new[] { "text/html", "text/plain", "application/json" })
        {
            var (_, body) = await WriteAsync(Raised with { Error = error, Detail = huge }, accept);
            Assert.InRange(body.Length, 60_000, 150_000);
            Assert.Contains("the-end", body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task ADeepRecursion_ShowsBothEnds()
    {
        var frames = Enumerable.Range(1, 1000).Select(i => new PythonFrame("/srv/apps/notes/main.py", i, "f" + i, null, [], true)).ToList();
        var (_, html) = await WriteAsync(Raised with { Error = KeyError with { Frames = frames } }, "text/html");
        Assert.Equal(50, Frame().Count(html));
        Assert.Contains("950 frames left out", html, StringComparison.Ordinal);
        Assert.Contains(">f1<", html, StringComparison.Ordinal);
        Assert.Contains(">f1000<", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ThePolicyAdmitsExactlyTheStyleAndScriptsThatStandInThePage()
    {
        var (response, html) = await WriteAsync(Raised, "text/html", script: "console.log('reload')\r\n");
        var policy = response.Headers.ContentSecurityPolicy.ToString();
        Assert.StartsWith("default-src 'none'; ", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        var inline = Regex.Matches(html, "<(style|script)>(.*?)</\\1>", RegexOptions.Singleline);
        Assert.Equal(3, inline.Count);
        foreach (Match match in inline)
            Assert.Contains($"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(match.Groups[2].Value)))}'", policy, StringComparison.Ordinal);
        Assert.DoesNotMatch(" (style|on[a-z]+)=\"", html);
        Assert.DoesNotMatch("(src|href)=\"(?!data:,)", html);
    }

    [Fact]
    public async Task AMissingApp_SaysWhy()
    {
        var answer = new ErrorResponse(ErrorKind.NotFound) { Detail = "The folder foo does not exist." };
        var (_, html) = await WriteAsync(answer, "text/html");
        Assert.Contains("No app answers at this address", html, StringComparison.Ordinal);
        Assert.Contains("The folder foo does not exist.", html, StringComparison.Ordinal);
        Assert.DoesNotContain("id=\"traceback\"", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ASyntaxError_ShowsTheLineThatNeverRan()
    {
        const string Traceback = "Traceback (most recent call last):\n  File \"/srv/apps/notes/main.py\", line 1, in <module>\n    import models\n  File \"/srv/apps/notes/models.py\", line 1\n    def f(:\n          ^\nSyntaxError: invalid syntax\n";
        var (_, html) = await WriteAsync(new(ErrorKind.LoadFailed) { Error = KeyError with { Type = "SyntaxError", Traceback = Traceback } }, "text/html");
        Assert.Contains("<pre class=\"excerpt\" tabindex=\"0\">def f(:\n      ^</pre>", html, StringComparison.Ordinal);
        Assert.Null(SyntaxExcerpt.Find(KeyError.Traceback));
    }

    [Theory]
    [InlineData("/srv/apps/notes/sub/views.py", "sub/views.py")]
    [InlineData("/srv/apps/notes2/views.py", "/srv/apps/notes2/views.py")]
    [InlineData("/srv/apps/notes/.venv/lib/python3.12/site-packages/flask/app.py", ".venv/lib/python3.12/site-packages/flask/app.py")]
    [InlineData("/usr/lib/python3/dist-packages/flask/app.py", "flask/app.py")]
    [InlineData("/opt/python/lib/python3.13/json/__init__.py", "json/__init__.py")]
    [InlineData("<frozen importlib._bootstrap>", "<frozen importlib._bootstrap>")]
    public void APath_IsShownRelativeToTheAppOrItsLibrary(string file, string expected) =>
        Assert.Equal(expected, TracebackFrames.ShortPath(file, ErrorResponseSamples.Directory));

    [Fact]
    public void CappedText_SaysHowMuchIsMissing() =>
        Assert.Equal($"aa … {(6).ToString(CultureInfo.InvariantCulture)} characters left out … bbbb", DisplayText.Clean("aaaaaabbbbbb", 6));

    [GeneratedRegex("<li class=\"(own|library)\"><details( open)?>\\s*<summary><span class=\"file\"[^>]*>([^<]*)<")]
    private static partial Regex Frame();
}
