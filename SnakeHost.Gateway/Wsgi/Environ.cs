using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Http;

namespace SnakeHost.Gateway.Wsgi;

/// <summary>Builds the <c>environ</c> of a request (PEP 3333, "environ Variables"). All members need the GIL.</summary>
/// <remarks>
/// What is the same for every request of an app is copied from a template. Keys and frequent values are made once per process. A
/// header whose name holds an underscore is dropped: <c>X_User</c> and <c>X-User</c> would be one variable, and a proxy in front
/// filters only one of them. So is <c>Proxy</c>, which would become HTTP_PROXY (httpoxy).
/// </remarks>
internal sealed class Environ : IDisposable
{
    /// <summary>Enough for every header that is in use; a client that invents names cannot fill the memory with them.</summary>
    private const int KnownNames = 512;

    private static readonly ConcurrentDictionary<string, PyHandle> s_headerKeys = new(StringComparer.OrdinalIgnoreCase);

    private static Keys? s_keys;

    private readonly PyHandle _template;
    private readonly Keys _keys;

    /// <param name="template">A dict with what every request has; taken over.</param>
    public Environ(PyOwned template)
    {
        _template = template.Keep();
        _keys = s_keys ??= new Keys();
    }

    public PyOwned Build(HttpContext context)
    {
        var request = context.Request;
        var environ = Py.Copy(_template);
        if (request.Method == HttpMethods.Get)
            Py.Set(environ, _keys.RequestMethod, _keys.Get);
        else
            Py.SetNew(environ, _keys.RequestMethod, Py.Latin1(request.Method));
        SetPath(environ, context);
        var query = request.QueryString.Value;
        if (query is { Length: > 1 })
            Py.SetNew(environ, _keys.QueryString, Py.Latin1(query.AsSpan(1)));
        else
            Py.Set(environ, _keys.QueryString, _keys.Empty);
        if (request.Protocol == HttpProtocol.Http11)
            Py.Set(environ, _keys.ServerProtocol, _keys.Http11);
        else
            Py.SetNew(environ, _keys.ServerProtocol, Py.Latin1(request.Protocol));
        if (request.IsHttps)
            Py.Set(environ, _keys.UrlScheme, _keys.Https);
        SetConnection(environ, context);
        foreach (var header in request.Headers)
            SetHeader(environ, header.Key, header.Value);
        return environ;
    }

    /// <summary>Puts the request's own <c>traceparent</c> in the place of the client's.</summary>
    public void SetTraceParent(PyBorrowed environ, PyBorrowed traceParent) => Py.Set(environ, _keys.TraceParent, traceParent);

    /// <summary>Adds a socket by which the app may take the connection over, under the name by which simple-websocket looks for one.</summary>
    public void SetSocket(PyBorrowed environ, PyBorrowed socket) => Py.Set(environ, _keys.Socket, socket);

    public void Dispose() => _template.Dispose();

    private void SetPath(PyBorrowed environ, HttpContext context)
    {
        var raw = RequestTarget.RawPath(context);
        var size = RequestTarget.MaxLength(context, raw);
        var rented = size > 1024 ? ArrayPool<byte>.Shared.Rent(size) : null;
        var buffer = rented ?? stackalloc byte[1024];
        var path = buffer[..RequestTarget.Decode(context, raw, buffer)];

        var prefix = context.Request.PathBase.Value;
        if (!string.IsNullOrEmpty(prefix))
        {
            // The route's prefix was matched on the decoded path, so it is a prefix here too, in its UTF-8 form.
            var scriptName = System.Text.Encoding.UTF8.GetBytes(prefix);
            if (path.Length >= scriptName.Length)
                path = path[scriptName.Length..];
            Py.SetNew(environ, _keys.ScriptName, Py.Latin1(scriptName));
        }

        if (path.Length == 1)
            Py.Set(environ, _keys.PathInfo, _keys.Slash);
        else
            Py.SetNew(environ, _keys.PathInfo, Py.Latin1(path));
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
    }

    private void SetConnection(PyBorrowed environ, HttpContext context)
    {
        var connection = context.Connection;
        if (connection.RemoteIpAddress is { } remote)
            Py.SetNew(environ, _keys.RemoteAddress, Py.Latin1(remote.Unmapped().ToString()));
        Py.SetNew(environ, _keys.RemotePort, Py.Latin1(connection.RemotePort.ToString(CultureInfo.InvariantCulture)));

        // The name by which the client called, as CGI servers give it; an HTTP/1.0 client may have called none.
        // As it was sent: HttpRequest.Host would undo punycode, which environ, being Latin-1, cannot hold.
        var host = new HostString(context.Request.Headers.Host.ToString());
        var name = host.HasValue ? host.Host : connection.LocalIpAddress is { } local ? local.Unmapped().ToString() : "localhost";
        var port = host.HasValue ? host.Port ?? (context.Request.IsHttps ? 443 : 80) : connection.LocalPort;
        Py.SetNew(environ, _keys.ServerName, Py.Latin1(name));
        Py.SetNew(environ, _keys.ServerPort, Py.Latin1(port.ToString(CultureInfo.InvariantCulture)));
    }

    private void SetHeader(PyBorrowed environ, string name, StringValues values)
    {
        if (name.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase))
        {
            Py.SetNew(environ, _keys.ContentLength, Py.Latin1(values.ToString()));
        }
        else if (name.Equals(HeaderNames.ContentType, StringComparison.OrdinalIgnoreCase))
        {
            Py.SetNew(environ, _keys.ContentType, Py.Latin1(values.ToString()));
        }
        else if (!name.Contains('_', StringComparison.Ordinal) && !name.StartsWith(':') && !name.Equals("Proxy", StringComparison.OrdinalIgnoreCase))
        {
            // Cookie is the one header whose lines are joined by a semicolon (RFC 9113, 8.2.3).
            var text = values.Count <= 1 ? values.ToString() : string.Join(name.Equals(HeaderNames.Cookie, StringComparison.OrdinalIgnoreCase) ? "; " : ",", values.AsEnumerable());
            if (s_headerKeys.TryGetValue(name, out var key))
            {
                Py.SetNew(environ, key, Py.Latin1(text));
            }
            else if (s_headerKeys.Count < KnownNames)
            {
                Py.SetNew(environ, s_headerKeys.GetOrAdd(name, static name => Py.Interned(VariableName(name)).Keep()), Py.Latin1(text));
            }
            else
            {
                using var variable = Py.Latin1(VariableName(name));
                Py.SetNew(environ, variable, Py.Latin1(text));
            }
        }
    }

    private static string VariableName(string header) => "HTTP_" + header.ToUpperInvariant().Replace('-', '_');

    /// <summary>Interned keys and constant values, made on first use.</summary>
    private sealed class Keys
    {
        public PyHandle RequestMethod { get; } = Py.Interned("REQUEST_METHOD").Keep();
        public PyHandle ScriptName { get; } = Py.Interned("SCRIPT_NAME").Keep();
        public PyHandle PathInfo { get; } = Py.Interned("PATH_INFO").Keep();
        public PyHandle QueryString { get; } = Py.Interned("QUERY_STRING").Keep();
        public PyHandle ContentType { get; } = Py.Interned("CONTENT_TYPE").Keep();
        public PyHandle ContentLength { get; } = Py.Interned("CONTENT_LENGTH").Keep();
        public PyHandle ServerName { get; } = Py.Interned("SERVER_NAME").Keep();
        public PyHandle ServerPort { get; } = Py.Interned("SERVER_PORT").Keep();
        public PyHandle ServerProtocol { get; } = Py.Interned("SERVER_PROTOCOL").Keep();
        public PyHandle RemoteAddress { get; } = Py.Interned("REMOTE_ADDR").Keep();
        public PyHandle RemotePort { get; } = Py.Interned("REMOTE_PORT").Keep();
        public PyHandle UrlScheme { get; } = Py.Interned("wsgi.url_scheme").Keep();
        public PyHandle TraceParent { get; } = Py.Interned("HTTP_TRACEPARENT").Keep();
        public PyHandle Socket { get; } = Py.Interned(WsgiSocket.Variable).Keep();
        public PyHandle Get { get; } = Py.Interned("GET").Keep();
        public PyHandle Https { get; } = Py.Interned("https").Keep();
        public PyHandle Http11 { get; } = Py.Interned("HTTP/1.1").Keep();
        public PyHandle Slash { get; } = Py.Interned("/").Keep();
        public PyHandle Empty { get; } = Py.Interned("").Keep();
    }
}
