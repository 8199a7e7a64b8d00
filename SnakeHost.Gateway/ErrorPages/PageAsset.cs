using System.Security.Cryptography;
using System.Text;

namespace SnakeHost.Gateway.ErrorPages;

/// <summary>A style sheet or script that stands inside a page, and the hash that lets the page's Content-Security-Policy admit it and nothing else.</summary>
internal sealed class PageAsset(string text)
{
    public string Text { get; } = text;

    /// <summary>The CSP source expression: <c>'sha256-…'</c>.</summary>
    public string Source { get; } = $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'";

    /// <summary>Reads a file that was embedded next to this type.</summary>
    public static PageAsset Embedded(string file)
    {
        using var stream = typeof(PageAsset).Assembly.GetManifestResourceStream(typeof(PageAsset), file)
            ?? throw new InvalidOperationException($"The resource {file} is missing from the build.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        // An HTML parser turns CR LF into LF before it hashes.
        return new PageAsset(reader.ReadToEnd().ReplaceLineEndings("\n"));
    }
}
