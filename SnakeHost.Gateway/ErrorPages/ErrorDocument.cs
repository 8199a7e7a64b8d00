using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace SnakeHost.Gateway.ErrorPages;

/// <summary>The frame of both error pages: one self-contained document that loads nothing and runs nothing but what it was written with.</summary>
internal static class ErrorDocument
{
    private static readonly HtmlEncoder s_encoder = HtmlEncoder.Create(UnicodeRanges.All);
    private static readonly PageAsset s_style = PageAsset.Embedded("ErrorPage.css");

    /// <summary>Escapes text for an element or a double-quoted attribute; line ends and tabs stay themselves, so that the source of the page reads well too.</summary>
    public static string Escape(string text) => s_encoder.Encode(text)
        .Replace("&#xA;", "\n", StringComparison.Ordinal)
        .Replace("&#x9;", "\t", StringComparison.Ordinal);

    /// <param name="title">Plain text.</param>
    /// <param name="body">Markup.</param>
    /// <param name="scripts">Scripts at the end of the body.</param>
    public static (string Html, string ContentSecurityPolicy) Render(string title, string body, params IReadOnlyList<PageAsset> scripts)
    {
        var html = $"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="robots" content="noindex">
            <meta name="color-scheme" content="light dark">
            <title>{Escape(title)}</title>
            <link rel="icon" href="data:,">
            <style>{s_style.Text}</style>
            </head>
            <body>
            {body}
            {string.Concat(scripts.Select(script => $"<script>{script.Text}</script>\n"))}</body>
            </html>

            """;
        var policy = "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
            + $"style-src {s_style.Source}";
        if (scripts.Count > 0)
            policy += $"; script-src {string.Join(' ', scripts.Select(script => script.Source))}; connect-src 'self'";
        return (html, policy);
    }
}
