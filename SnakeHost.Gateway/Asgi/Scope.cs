using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.Net.Http.Headers;
using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Http;

namespace SnakeHost.Gateway.Asgi;

/// <summary>Builds the <c>scope</c> of a request (ASGI "HTTP Connection Scope", spec version 2.5). All members need the GIL.</summary>
/// <remarks>What is the same for every request is copied from a template; keys and frequent values are made once per process.</remarks>
internal sealed class Scope : IDisposable
{
    private const int KnownNames = 512;

    private static readonly ConcurrentDictionary<string, PyHandle> s_headerNames = new(StringComparer.OrdinalIgnoreCase);

    private static Keys? s_keys;

    private readonly PyHandle _template;
    private readonly PyHandle _extensions;
    private readonly Keys _keys;
    private readonly bool _pathBelowRoot;

    /// <param name="template">A dict with what every request has; taken over.</param>
    /// <param name="pathBelowRoot">Whether <c>path</c> is to begin after <c>root_path</c>, as some frameworks once understood the specification.</param>
    public Scope(PyOwned template, bool pathBelowRoot)
    {
        _pathBelowRoot = pathBelowRoot;
        _template = template.Keep();
        _keys = s_keys ??= new Keys();
        using var get = _template.Value.Attribute("__getitem__");
        _extensions = get.Call(_keys.Extensions).Keep();
    }

    /// <param name="traceParent">Takes the place of the client's own <c>traceparent</c>; null for none.</param>
    public PyOwned Build(HttpContext context, string? traceParent)
    {
        var request = context.Request;
        var scope = BuildCommon(context, traceParent);
        if (request.Method == HttpMethods.Get)
            Py.Set(scope, _keys.Method, _keys.Get);
        else
            Py.SetNew(scope, _keys.Method, Py.Latin1(request.Method));
        if (request.IsHttps)
            Py.Set(scope, _keys.Scheme, _keys.Https);
        if (ResponseTrailers.AreWanted(context))
        {
            var extensions = Py.Copy(_extensions);
            Py.SetNew(extensions, _keys.Trailers, Py.Dict());
            Py.SetNew(scope, _keys.Extensions, extensions);
        }

        return scope;
    }

    /// <summary>ASGI "Websocket Connection Scope".</summary>
    public PyOwned BuildSocket(HttpContext context, string? traceParent)
    {
        var scope = BuildCommon(context, traceParent);
        if (context.Request.IsHttps)
            Py.Set(scope, _keys.Scheme, _keys.Wss);
        var subprotocols = Py.List();
        foreach (var subprotocol in context.WebSockets.WebSocketRequestedProtocols)
            Py.AppendNew(subprotocols, Py.Latin1(subprotocol));
        Py.SetNew(scope, _keys.Subprotocols, subprotocols);
        return scope;
    }

    private PyOwned BuildCommon(HttpContext context, string? traceParent)
    {
        var request = context.Request;
        var scope = Py.Copy(_template);
        Py.SetNew(scope, _keys.HttpVersion, HttpVersion(request.Protocol));
        SetPath(scope, context);
        var query = request.QueryString.Value;
        if (query is { Length: > 1 })
            Py.SetNew(scope, _keys.QueryString, Py.Bytes(query.AsSpan(1)));
        if (!string.IsNullOrEmpty(request.PathBase.Value))
            Py.SetNew(scope, _keys.RootPath, Py.String(request.PathBase.Value));
        Py.SetNew(scope, _keys.Headers, Headers(request, traceParent));
        var connection = context.Connection;
        if (connection.RemoteIpAddress is { } remote)
            Py.SetNew(scope, _keys.Client, Address(remote, connection.RemotePort));
        if (connection.LocalIpAddress is { } local)
            Py.SetNew(scope, _keys.Server, Address(local, connection.LocalPort));
        return scope;
    }

    public void Dispose()
    {
        _template.Dispose();
        _extensions.Dispose();
    }

    private void SetPath(PyBorrowed scope, HttpContext context)
    {
        var raw = RequestTarget.RawPath(context);
        var size = RequestTarget.MaxLength(context, raw);
        var rented = size > 1024 ? ArrayPool<byte>.Shared.Rent(size) : null;
        var buffer = rented ?? stackalloc byte[1024];
        ReadOnlySpan<byte> path = buffer[..RequestTarget.Decode(context, raw, buffer)];
        if (_pathBelowRoot && context.Request.PathBase.Value is { Length: > 0 } root)
            path = BelowRoot(path, root);
        if (Ascii.IsValid(path))
            Py.SetNew(scope, _keys.Path, Py.Latin1(path));
        else
            Py.SetNew(scope, _keys.Path, Py.String(Encoding.UTF8.GetString(path)));
        if (!raw.IsEmpty)
            Py.SetNew(scope, _keys.RawPath, Py.Bytes(raw));
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
    }

    private static ReadOnlySpan<byte> BelowRoot(ReadOnlySpan<byte> path, string root)
    {
        var length = Encoding.UTF8.GetByteCount(root);
        return path.Length > length && path[length] == '/' ? path[length..] : path.Length == length ? "/"u8 : path;
    }

    private PyOwned Headers(HttpRequest request, string? traceParent)
    {
        var list = Py.List();
        foreach (var header in request.Headers)
        {
            // HTTP/2 has :authority in its place, which Kestrel shows as Host too.
            if (header.Key.StartsWith(':') || (traceParent is not null && header.Key.Equals(HeaderNames.TraceParent, StringComparison.OrdinalIgnoreCase)))
                continue;
            foreach (var value in header.Value)
                Py.AppendNew(list, Py.Tuple(HeaderName(header.Key), Py.Bytes(value)));
        }

        if (traceParent is not null)
            Py.AppendNew(list, Py.Tuple(_keys.TraceParent.Value.Own(), Py.Bytes(traceParent)));
        return list;
    }

    private static PyOwned HeaderName(string name)
    {
        if (s_headerNames.TryGetValue(name, out var known))
            return known.Value.Own();
        if (s_headerNames.Count >= KnownNames)
            return Py.Bytes(name.ToLowerInvariant());
        return s_headerNames.GetOrAdd(name, static name => Py.Bytes(name.ToLowerInvariant()).Keep()).Value.Own();
    }

    private PyOwned HttpVersion(string protocol)
    {
        if (protocol == HttpProtocol.Http11)
            return _keys.Version11.Value.Own();
        if (protocol == HttpProtocol.Http2)
            return _keys.Version2.Value.Own();
        return Py.Latin1(protocol.AsSpan(protocol.IndexOf('/') + 1));
    }

    private static PyOwned Address(IPAddress address, int port) =>
        Py.Tuple(Py.Latin1(address.Unmapped().ToString()), Py.Int(port));

    /// <summary>Interned keys and constant values, made on first use.</summary>
    private sealed class Keys
    {
        public PyHandle HttpVersion { get; } = Py.Interned("http_version").Keep();
        public PyHandle Method { get; } = Py.Interned("method").Keep();
        public PyHandle Scheme { get; } = Py.Interned("scheme").Keep();
        public PyHandle Path { get; } = Py.Interned("path").Keep();
        public PyHandle RawPath { get; } = Py.Interned("raw_path").Keep();
        public PyHandle QueryString { get; } = Py.Interned("query_string").Keep();
        public PyHandle RootPath { get; } = Py.Interned("root_path").Keep();
        public PyHandle Extensions { get; } = Py.Interned("extensions").Keep();
        public PyHandle Trailers { get; } = Py.Interned("http.response.trailers").Keep();
        public PyHandle Headers { get; } = Py.Interned("headers").Keep();
        public PyHandle Client { get; } = Py.Interned("client").Keep();
        public PyHandle Server { get; } = Py.Interned("server").Keep();
        public PyHandle Get { get; } = Py.Interned("GET").Keep();
        public PyHandle Wss { get; } = Py.Interned("wss").Keep();
        public PyHandle Subprotocols { get; } = Py.Interned("subprotocols").Keep();
        public PyHandle TraceParent { get; } = Py.Bytes("traceparent").Keep();
        public PyHandle Https { get; } = Py.Interned("https").Keep();
        public PyHandle Version11 { get; } = Py.Interned("1.1").Keep();
        public PyHandle Version2 { get; } = Py.Interned("2").Keep();
    }
}
