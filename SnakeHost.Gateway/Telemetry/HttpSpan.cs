using System.Diagnostics;
using System.Globalization;
using Microsoft.Net.Http.Headers;

namespace SnakeHost.Gateway.Telemetry;

/// <summary>What the semantic conventions say of a server's span of an HTTP request.</summary>
internal static class HttpSpan
{
    private static readonly string[] s_methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"];

    // A box per status code, not per request.
    private static readonly object[] s_statusCodes = [.. Enumerable.Range(0, 600).Select(code => (object)code)];

    /// <summary>The name of a span without a route.</summary>
    public static string Name(HttpRequest request) => Method(request) ?? "HTTP";

    /// <summary>What is known when it comes.</summary>
    public static void Begin(Activity span, HttpRequest request)
    {
        var method = Method(request);
        span.AddTag("http.request.method", method ?? "_OTHER");
        if (method != request.Method)
            span.AddTag("http.request.method_original", request.Method);
        if (request.Host is { HasValue: true } host)
        {
            span.AddTag("server.address", host.Host);
            if (host.Port is { } port)
                span.AddTag("server.port", port);
        }

        span.AddTag("url.scheme", request.Scheme);
        span.AddTag("url.path", (request.PathBase + request.Path).ToString() is { Length: > 0 } path ? path : "/");
        if (request.QueryString is { HasValue: true } query)
            span.AddTag("url.query", Redact(query.Value!));
        span.AddTag("network.protocol.version", Version(request.Protocol));
        if (request.Headers[HeaderNames.UserAgent] is [{ Length: > 0 } agent, ..])
            span.AddTag("user_agent.original", agent);
    }

    /// <summary>What is known when it has been answered.</summary>
    /// <param name="exception">Came in an answer's place, or broke it off.</param>
    public static void End(Activity span, HttpResponse response, Exception? exception)
    {
        // The server answers for what has raised.
        var status = exception is not null && !response.HasStarted ? StatusCodes.Status500InternalServerError : response.StatusCode;
        span.AddTag(SnakeHostTelemetry.Attributes.StatusCode, Boxed(status));
        if (exception is null && status < StatusCodes.Status500InternalServerError)
            return;
        if (span.GetTagItem(SnakeHostTelemetry.Attributes.ErrorType) is null)
            span.AddTag(SnakeHostTelemetry.Attributes.ErrorType, exception?.GetType().FullName ?? status.ToString(CultureInfo.InvariantCulture));
        if (span.Status == ActivityStatusCode.Unset)
            span.SetStatus(ActivityStatusCode.Error, exception?.Message);
    }

    public static object Boxed(int statusCode) => s_statusCodes[statusCode % s_statusCodes.Length];

    /// <summary>Null for one that is not among the known.</summary>
    private static string? Method(HttpRequest request) =>
        Array.Find(s_methods, method => ReferenceEquals(method, request.Method)) ?? Array.Find(s_methods, method => method.Equals(request.Method, StringComparison.OrdinalIgnoreCase));

    private static string Version(string protocol) => protocol switch
    {
        "HTTP/1.1" => "1.1",
        "HTTP/2" => "2",
        "HTTP/3" => "3",
        "HTTP/1.0" => "1.0",
        _ => protocol,
    };

    /// <summary>Names only: values may be secrets.</summary>
    private static string Redact(string query) =>
        string.Join('&', query.TrimStart('?').Split('&').Select(static pair => pair.IndexOf('=', StringComparison.Ordinal) is >= 0 and var end ? $"{pair[..end]}=Redacted" : pair));
}
