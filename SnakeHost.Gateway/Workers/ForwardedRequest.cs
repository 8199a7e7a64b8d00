using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.Workers;

/// <summary>What a worker has to know of a request that HTTP between the two does not carry: one header of the gateway's own, which a client's of that name never reaches.</summary>
internal static class ForwardedRequest
{
    /// <summary><c>client port, server port, scheme, protocol, length of the route's prefix, number, marks</c>, separated by spaces.</summary>
    public const string Header = "SnakeHost-Request";

    /// <summary>The client's own Connection.</summary>
    public const string ConnectionHeader = "SnakeHost-Connection";

    /// <summary>The client's own Upgrade, where it does not lead to a WebSocket.</summary>
    public const string UpgradeHeader = "SnakeHost-Upgrade";

    /// <summary>
    /// Fields that came in several lines, which an HTTP client would make one, and fields of a body where there is none: JSON, a list of lists of a name and its values.
    /// </summary>
    public const string OthersHeader = "SnakeHost-Others";

    /// <summary>In a response, with the order's secret as its value: its body is a <see cref="WorkerFailure"/>.</summary>
    public const string FailureHeader = "SnakeHost-Failure";

    /// <summary>The body itself, in base64, where a response may have none.</summary>
    public const string FailureBodyHeader = "SnakeHost-Failure-Body";

    /// <summary>In a response over HTTP/2 for a client of HTTP/1: the reason phrase of the app's, which HTTP/2 has none of.</summary>
    public const string ReasonHeader = "SnakeHost-Reason";

    /// <summary>In a response to a request that is measured: a <see cref="WorkerMeasure"/>.</summary>
    public const string MeasureHeader = "SnakeHost-Measure";

    private const string Prefix = "SnakeHost-";

    private static readonly string[] s_own = [Header, ConnectionHeader, UpgradeHeader, OthersHeader];

    private const char NoHost = 'h';
    private const char NoLength = 'l';

    /// <summary>It is measured; and has a trace, too.</summary>
    private const char Measured = 'm';
    private const char Traced = 't';

    /// <param name="id">The request's number.</param>
    /// <param name="measure">What is measured of it; null when nobody listens.</param>
    public static string Write(HttpContext context, long id, RequestMeasure? measure)
    {
        var (connection, request) = (context.Connection, context.Request);
        // One that says nothing comes first: HTTP takes spaces from a value's end.
        Span<char> marks = stackalloc char[5];
        marks[0] = '-';
        var count = 1;
        if (request.Headers.Host.Count == 0)
            marks[count++] = NoHost;
        if (request.Headers.ContentLength is null)
            marks[count++] = NoLength;
        if (measure is not null)
            marks[count++] = measure.TraceParent is null ? Measured : Traced;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{connection.RemoteIpAddress?.ToString() ?? "-"} {connection.RemotePort} {connection.LocalIpAddress?.ToString() ?? "-"} {connection.LocalPort} {request.Scheme} {request.Protocol} {request.PathBase.Value?.Length ?? 0} {id} {marks[..count]}");
    }

    /// <summary>Whether a client's field would be taken for the gateway's.</summary>
    public static bool IsOwn(string name) =>
        name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)
        && s_own.Contains(name, StringComparer.OrdinalIgnoreCase);

    public static string WriteOthers(List<string[]> fields) => JsonSerializer.Serialize(fields, WorkerJsonContext.Default.ListStringArray);

    /// <summary>Makes the request what it was for the gateway, and gives its number and what is to be measured of it, if anything is.</summary>
    public static (long Id, RequestMeasure? Measure) Restore(HttpContext context)
    {
        var (connection, request, headers) = (context.Connection, context.Request, context.Request.Headers);
        var fields = headers[Header].ToString().Split(' ');
        if (HttpProtocol.IsHttp2(request.Protocol) && !HttpProtocol.IsHttp2(fields[5]))
        {
            context.Response.OnStarting(static state => KeepReason((HttpContext)state), context);
            // The client takes none.
            context.Features.Set<IHttpResponseTrailersFeature>(null);
        }

        connection.RemoteIpAddress = Address(fields[0]);
        connection.RemotePort = Number(fields[1]);
        connection.LocalIpAddress = Address(fields[2]);
        connection.LocalPort = Number(fields[3]);
        request.Scheme = fields[4];
        request.Protocol = fields[5];
        // The gateway has read an absolute target by other rules, if it has to: then the prefix stays where it is.
        if (Number(fields[6]) is > 0 and var prefix && request.Path.Value is { } path && (path.Length == prefix || (path.Length > prefix && path[prefix] == '/')))
        {
            request.PathBase = new PathString(path[..prefix]);
            request.Path = new PathString(path[prefix..]);
        }

        headers.Remove(Header);
        if (headers.Remove(OthersHeader, out var others))
        {
            foreach (var field in JsonSerializer.Deserialize(others.ToString(), WorkerJsonContext.Default.ListStringArray)!)
                headers[field[0]] = field[1..];
        }

        if (fields[8].Contains(NoHost, StringComparison.Ordinal))
            headers.Remove(HeaderNames.Host);
        if (fields[8].Contains(NoLength, StringComparison.Ordinal) && headers.ContentLength == 0)
            headers.ContentLength = null;
        // Of an empty body HTTP/2 knows the length at once.
        if (headers.TransferEncoding.Count > 0 && context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
        {
            headers.TransferEncoding = default;
            headers.ContentLength = 0;
        }

        Move(headers, ConnectionHeader, HeaderNames.Connection);
        Move(headers, UpgradeHeader, HeaderNames.Upgrade);
        var measure = fields[8].Contains(Traced, StringComparison.Ordinal) ? new RequestMeasure(headers.TraceParent)
            : fields[8].Contains(Measured, StringComparison.Ordinal) ? new RequestMeasure(null)
            : null;
        return (long.Parse(fields[7], NumberStyles.None, CultureInfo.InvariantCulture), measure);
    }

    private static Task KeepReason(HttpContext context)
    {
        if (context.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase is { Length: > 0 } reason)
            context.Response.Headers[ReasonHeader] = reason;
        return Task.CompletedTask;
    }

    private static void Move(IHeaderDictionary headers, string from, string to)
    {
        if (headers.Remove(from, out var value))
            headers[to] = value;
    }

    private static IPAddress? Address(string text) => text == "-" ? null : IPAddress.Parse(text);

    private static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
