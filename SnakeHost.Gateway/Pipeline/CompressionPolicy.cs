using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.Pipeline;

/// <summary>Which answers are compressed: text of some length that nobody has encoded yet and that may be changed on its way.</summary>
internal sealed class CompressionPolicy(IServiceProvider services) : ResponseCompressionProvider(services, Options.Create(s_options))
{
    /// <summary>A shorter body would not become smaller.</summary>
    private const int LeastLength = 256;

    // HTTPS too: who turns it on for a route has been told of BREACH (docs/http.md).
    private static readonly ResponseCompressionOptions s_options = new()
    {
        EnableForHttps = true,
        MimeTypes = [.. ResponseCompressionDefaults.MimeTypes, "application/problem+json", "application/xhtml+xml", "application/manifest+json", "image/svg+xml", "text/csv", "text/markdown"],
    };

    public override bool ShouldCompressResponse(HttpContext context)
    {
        var response = context.Response;
        return !ResponseHead.HasNoBody(response.StatusCode)
            && response.StatusCode != StatusCodes.Status206PartialContent
            && response.Headers.ContentRange.Count == 0
            && response.Headers.ContentEncoding.Count == 0
            && !(response.ContentLength < LeastLength)
            && !response.Headers.CacheControl.ToString().Contains("no-transform", StringComparison.OrdinalIgnoreCase)
            && base.ShouldCompressResponse(context);
    }

    /// <summary>Asked for an answer that is to be compressed, and for no other.</summary>
    public override ICompressionProvider? GetCompressionProvider(HttpContext context)
    {
        var provider = base.GetCompressionProvider(context);
        if (provider is not null)
            RequestNotes.Of(context).IsCompressed = true;
        return provider;
    }

    /// <summary>What the head has to say beside what ASP.NET Core's own middleware makes it say. Called when the head is about to be sent.</summary>
    public void CompleteHead(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        if (response.StatusCode == StatusCodes.Status304NotModified)
        {
            WeakenAsAsked(request, response);
            return;
        }

        var notes = RequestNotes.Of(context);
        if (!notes.IsCompressed && ShouldCompressResponse(context))
        {
            AddVary(response);
            // HEAD has the head that GET would have: RFC 9110, 9.3.2. Without a body nothing has been compressed.
            if (HttpMethods.IsHead(request.Method) && CheckRequestAcceptsCompression(context) && GetCompressionProvider(context) is { } provider)
            {
                response.ContentLength = null;
                response.Headers.ContentEncoding = provider.EncodingName;
            }
        }

        if (notes.IsCompressed)
        {
            // Other bytes than the app named, whose ranges are not the file's (RFC 9110, 8.8.1 and 14.3).
            response.Headers.ETag = Weak(response.Headers.ETag.ToString());
            response.Headers.AcceptRanges = default;
        }
    }

    /// <summary>A 304 names the version that the client has.</summary>
    private static void WeakenAsAsked(HttpRequest request, HttpResponse response)
    {
        var weak = Weak(response.Headers.ETag.ToString());
        if (weak is not null && request.Headers.IfNoneMatch.ToString().Contains(weak, StringComparison.Ordinal))
            response.Headers.ETag = weak;
    }

    private static string? Weak(string tag) => tag.Length == 0 ? null : tag.StartsWith('"') ? "W/" + tag : tag;

    private static void AddVary(HttpResponse response)
    {
        var vary = response.Headers.Vary.ToString();
        if (vary != "*" && !vary.Contains(HeaderNames.AcceptEncoding, StringComparison.OrdinalIgnoreCase))
            response.Headers.Append(HeaderNames.Vary, HeaderNames.AcceptEncoding);
    }
}
