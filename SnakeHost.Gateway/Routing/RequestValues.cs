using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Http;

namespace SnakeHost.Gateway.Routing;

/// <summary>Writes the values of placeholders for one request, without allocating (an encoded query or a path with a base aside).</summary>
/// <param name="host">Its host as <see cref="HostName.Normalize"/> writes it.</param>
/// <param name="port">The port of its Host header, or -1.</param>
internal readonly ref struct RequestValues(HttpRequest request, ReadOnlySpan<char> host, int port)
{
    private readonly ReadOnlySpan<char> _host = host;

    /// <summary>False when the destination is too short. A value that the request does not have is 0 characters.</summary>
    public bool TryWrite(Placeholder placeholder, Span<char> destination, out int written)
    {
        switch (placeholder.Kind)
        {
            case PlaceholderKind.Host:
                return TryCopy(_host, destination, out written);
            case PlaceholderKind.HostLabel:
                return TryCopy(HostName.Label(_host, placeholder.Index), destination, out written);
            case PlaceholderKind.HostPort:
                return TryHostPort(destination, out written);
            case PlaceholderKind.Port:
                return (port >= 0 ? port : request.IsHttps ? 443 : 80).TryFormat(destination, out written, default, CultureInfo.InvariantCulture);
            case PlaceholderKind.Scheme:
                return TryCopy(request.Scheme, destination, out written);
            case PlaceholderKind.Method:
                return TryCopy(request.Method, destination, out written);
            case PlaceholderKind.Uri:
                return TryUri(destination, out written);
            case PlaceholderKind.Path:
                return TryCopy(FullPath, destination, out written);
            case PlaceholderKind.PathSegment:
                return TryCopy(Segment(FullPath, placeholder.Index), destination, out written);
            case PlaceholderKind.PathDirectory:
                return TryCopy(FullPath[..(FullPath.LastIndexOf('/') + 1)], destination, out written);
            case PlaceholderKind.PathFile:
                return TryCopy(FullPath[(FullPath.LastIndexOf('/') + 1)..], destination, out written);
            case PlaceholderKind.Query:
                return TryQuery(placeholder.Name, destination, out written);
            case PlaceholderKind.Header:
                return TryJoin(request.Headers[placeholder.Name], destination, out written);
            case PlaceholderKind.Cookie:
                return TryCopy(Cookie(placeholder.Name), destination, out written);
            case PlaceholderKind.RemoteHost:
                return TryRemoteHost(destination, out written);
            default:
                throw new InvalidOperationException($"{placeholder} has no value.");
        }
    }

    private ReadOnlySpan<char> FullPath => request.PathBase.HasValue ? (request.PathBase + request.Path).Value : request.Path.Value;

    private static ReadOnlySpan<char> Segment(ReadOnlySpan<char> path, int index)
    {
        if (path.StartsWith('/')) path = path[1..];
        for (; index > 0; index--)
        {
            var slash = path.IndexOf('/');
            if (slash < 0) return default;
            path = path[(slash + 1)..];
        }

        var end = path.IndexOf('/');
        return end < 0 ? path : path[..end];
    }

    private bool TryHostPort(Span<char> destination, out int written)
    {
        if (port < 0) return TryCopy(_host, destination, out written);
        return _host.Contains(':')
            ? destination.TryWrite(CultureInfo.InvariantCulture, $"[{_host}]:{port}", out written)
            : destination.TryWrite(CultureInfo.InvariantCulture, $"{_host}:{port}", out written);
    }

    private bool TryUri(Span<char> destination, out int written)
    {
        // The target as sent, unless it is in absolute or asterisk form (RFC 9112, section 3.2).
        var raw = request.HttpContext.Features.Get<IHttpRequestFeature>()?.RawTarget;
        return raw is ['/', ..]
            ? TryCopy(raw, destination, out written)
            : TryCopy(request.PathBase.ToUriComponent() + request.Path.ToUriComponent() + request.QueryString.ToUriComponent(), destination, out written);
    }

    // A name that is given twice has both values, joined, so that no later reader sees another one than the one that chose the app.
    private bool TryQuery(string name, Span<char> destination, out int written)
    {
        written = 0;
        var first = true;
        foreach (var pair in new QueryStringEnumerable(request.QueryString.Value))
        {
            if (!pair.DecodeName().Span.SequenceEqual(name)) continue;
            if (!TryAppend(pair.DecodeValue().Span, ref first, destination, ref written)) return false;
        }

        return true;
    }

    private static bool TryJoin(StringValues values, Span<char> destination, out int written)
    {
        written = 0;
        var first = true;
        for (var index = 0; index < values.Count; index++)
        {
            if (!TryAppend(values[index], ref first, destination, ref written)) return false;
        }

        return true;
    }

    private static bool TryAppend(ReadOnlySpan<char> value, ref bool first, Span<char> destination, ref int written)
    {
        if (!first)
        {
            if (written == destination.Length) return false;
            destination[written++] = ',';
        }

        first = false;
        if (!value.TryCopyTo(destination[written..])) return false;
        written += value.Length;
        return true;
    }

    // As sent, without quotes around it: decoding is left to whoever knows how the cookie was written.
    private ReadOnlySpan<char> Cookie(string name)
    {
        var headers = request.Headers.Cookie;
        for (var index = 0; index < headers.Count; index++)
        {
            var header = headers[index].AsSpan();
            foreach (var range in header.Split(';'))
            {
                var pair = header[range].Trim(' ');
                if (pair.Length <= name.Length || pair[name.Length] != '=' || !pair.StartsWith(name, StringComparison.Ordinal)) continue;
                var value = pair[(name.Length + 1)..];
                return value is ['"', .., '"'] ? value[1..^1] : value;
            }
        }

        return default;
    }

    private bool TryRemoteHost(Span<char> destination, out int written)
    {
        written = 0;
        var address = request.HttpContext.Connection.RemoteIpAddress;
        return address is null || address.Unmapped().TryFormat(destination, out written);
    }

    private static bool TryCopy(ReadOnlySpan<char> value, Span<char> destination, out int written)
    {
        written = value.Length;
        return value.TryCopyTo(destination);
    }
}
