using System.Text;
using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.ErrorPages;

/// <summary>The page for the developer: what was raised, where, in whose code, and what to do.</summary>
internal static class DeveloperPage
{
    private const string Logo = """
        <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M5 19h9a4 4 0 0 0 0-8H9.5a3.25 3.25 0 0 1 0-6.5H15"/><path d="M15 4.5h2.2a1.8 1.8 0 0 1 0 3.6H15z"/></svg>
        """;

    private static readonly PageAsset s_script = PageAsset.Embedded("ErrorPage.js");

    public static (string Html, string ContentSecurityPolicy) Render(ErrorResponse answer, ErrorRequest request, string? extraScript)
    {
        var body = new StringBuilder();
        body.Append($"""
            <header class="bar"><span class="brand">{Logo}SnakeHost</span><span class="request"><b>{Line(request.Method)}</b> {Line(request.Target)}</span><span class="pill">{answer.Status}</span></header>
            <main>

            """);
        WriteHeadline(body, answer);
        body.Append($"<p class=\"remedy\">{Line(answer.Remedy)}</p>\n");
        if (answer.Error is { } error)
        {
            FrameList.Write(body, error, answer.Directory);
            body.Append($"""
                <section class="plain"><h2>Python traceback <button type="button" data-copy="traceback" hidden>Copy as text</button></h2>
                <pre id="traceback" tabindex="0">{ErrorDocument.Escape(ErrorText.Traceback(error))}</pre></section>

                """);
        }
        body.Append("<dl class=\"facts\">\n");
        foreach (var (name, value) in ErrorText.Facts(answer, request))
            body.Append($"<div><dt>{Line(name)}</dt><dd>{Line(value)}</dd></div>\n");
        body.Append("</dl>\n</main>\n<footer>Shown because the environment is Development. Elsewhere a visitor sees only the trace id.</footer>");

        var title = answer.Error is null ? answer.Kind.Title : $"{answer.Error.Type}: {answer.Error.Message}";
        IReadOnlyList<PageAsset> scripts = extraScript is null ? [s_script] : [s_script, new PageAsset(extraScript.ReplaceLineEndings("\n"))];
        return ErrorDocument.Render(DisplayText.CleanLine(title, 120), body.ToString(), scripts);
    }

    private static void WriteHeadline(StringBuilder body, ErrorResponse answer)
    {
        body.Append("<section class=\"headline\">\n");
        if (answer.Error is not { } error)
            body.Append($"<h1>{Line(answer.Kind.Title)}</h1>\n");
        else
        {
            body.Append($"<p class=\"kind\">{Line(answer.Kind.Title)}</p>\n");
            body.Append($"<h1><code>{Line(error.Type)}</code></h1>\n");
            if (error.Message.Length > 0)
                body.Append($"<p class=\"message\">{ErrorDocument.Escape(DisplayText.Clean(error.Message, DisplayText.MessageLength))}</p>\n");
            if (error.File is { } file)
            {
                var path = TracebackFrames.ShortPath(file, answer.Directory);
                body.Append($"<p class=\"where\" title=\"{Line(file)}\">{Line(path)}{(error.Line is { } line ? $"<b>:{line}</b>" : "")}</p>\n");
            }
            if (SyntaxExcerpt.Find(error.Traceback) is { } excerpt)
                body.Append($"<pre class=\"excerpt\" tabindex=\"0\">{ErrorDocument.Escape(DisplayText.Clean(excerpt, DisplayText.MessageLength))}</pre>\n");
        }
        if (!string.IsNullOrEmpty(answer.Detail))
            body.Append($"<p class=\"{(answer.Error is null ? "message" : "detail")}\">{ErrorDocument.Escape(DisplayText.Clean(answer.Detail, DisplayText.MessageLength))}</p>\n");
        body.Append("</section>\n");
    }

    private static string Line(string text) => ErrorDocument.Escape(DisplayText.CleanLine(text));
}
