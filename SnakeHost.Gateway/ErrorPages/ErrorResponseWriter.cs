using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Http;
using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Gateway.ErrorPages;

/// <summary>Writes the answers that are not the app's: in the format the client asks for, in Development with everything that helps.</summary>
/// <param name="showDetails">Whether the visitor is the developer. Off, nothing of the app is shown.</param>
/// <param name="pageScript">Gives the script to run in a tenant's developer page, such as one that reloads it; it may talk to the page's own origin.</param>
internal sealed class ErrorResponseWriter(bool showDetails, Func<string, string>? pageScript = null)
{
    private static readonly TimeSpan s_defaultRetryAfter = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Answers, dropping whatever headers the app had prepared. Where the response has started it cannot be taken back:
    /// the connection is aborted, so that the client does not take half an answer for a whole one.
    /// </summary>
    public async Task WriteAsync(HttpContext context, ErrorResponse answer)
    {
        var response = context.Response;
        if (response.HasStarted)
        {
            context.Abort();
            return;
        }
        response.Clear();
        Drain.EndConnection(response);
        response.StatusCode = answer.Status;
        SetHeaders(response.Headers, answer);

        var (contentType, body) = Render(context, answer);
        var bytes = Encoding.UTF8.GetBytes(body);
        response.ContentType = contentType;
        response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
            await response.Body.WriteAsync(bytes, context.RequestAborted);
    }

    private (string ContentType, string Body) Render(HttpContext context, ErrorResponse answer)
    {
        var request = new ErrorRequest(
            DisplayText.CleanLine(context.Request.Method),
            DisplayText.CleanLine($"{context.Request.Headers.Host}{context.Request.PathBase}{context.Request.Path}{context.Request.QueryString}"),
            RequestTrace.Id(context),
            context.TraceIdentifier);
        switch (ErrorFormatNegotiation.Choose(context.Request.Headers.Accept))
        {
            case ErrorFormat.Html:
                var (html, policy) = showDetails ? DeveloperPage.Render(answer, request, answer.Tenant is { } tenant ? pageScript?.Invoke(tenant) : null) : PublicPage.Render(answer, request);
                context.Response.Headers.ContentSecurityPolicy = policy;
                return ("text/html; charset=utf-8", html);
            case ErrorFormat.Json:
                return ("application/problem+json", ProblemJson.Render(answer, request, showDetails));
            default:
                return ("text/plain; charset=utf-8", ErrorText.Render(answer, request, showDetails));
        }
    }

    private static void SetHeaders(IHeaderDictionary headers, ErrorResponse answer)
    {
        headers.CacheControl = "no-store";
        headers.Vary = "Accept";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = new StringValues("no-referrer");
        if ((answer.RetryAfter ?? (answer.Status == StatusCodes.Status503ServiceUnavailable ? s_defaultRetryAfter : null)) is { } wait)
            headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
    }
}
