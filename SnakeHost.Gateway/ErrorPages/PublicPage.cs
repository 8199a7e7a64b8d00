namespace SnakeHost.Gateway.ErrorPages;

/// <summary>The page for everyone: a sentence and the id under which the operator finds the rest.</summary>
internal static class PublicPage
{
    public static (string Html, string ContentSecurityPolicy) Render(ErrorResponse answer, ErrorRequest request) =>
        ErrorDocument.Render(answer.PublicTitle, $"""
            <main class="public">
            <p class="status">{answer.Status}</p>
            <h1>{ErrorDocument.Escape(answer.PublicTitle)}</h1>
            <p class="trace">If you report this, please mention <code>{ErrorDocument.Escape(request.TraceId)}</code></p>
            </main>
            """);
}
