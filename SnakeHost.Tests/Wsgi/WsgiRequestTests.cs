using System.Net;
using System.Text;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Wsgi;

/// <summary>What reaches a WSGI app (PEP 3333, "environ variables" and "Input and Error Streams").</summary>
public sealed class WsgiRequestTests(SharedGateways gateways)
{
    private const string EchoEnviron =
        """
        import json

        def app(environ, start_response):
            known = {key: value for key, value in environ.items() if isinstance(value, (str, bool, tuple))}
            types = {key: type(value).__name__ for key, value in environ.items()}
            body = json.dumps({"environ": known, "types": types, "is_dict": type(environ) is dict}).encode()
            start_response("200 OK", [("Content-Type", "application/json")])
            return [body]
        """;

    [Conforms(Standard.Wsgi, "environ Variables", "environ is a dict, every CGI variable a str of code points up to U+00FF, every wsgi. variable present")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task TheEnviron_HoldsWhatTheStandardDemands(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, EchoEnviron);

        var answer = await app.Client.JsonAsync(app.Tenant.Url("/a%20b/%C3%BC?x=1&y=%20z"));

        Assert.True(answer.GetProperty("is_dict").GetBoolean());
        var environ = answer.GetProperty("environ");
        string? Value(string key) => environ.GetProperty(key).GetString();
        Assert.Equal("GET", Value("REQUEST_METHOD"));
        Assert.Equal("", Value("SCRIPT_NAME"));
        // The bytes of the path, decoded as latin-1.
        Assert.Equal("/a b/\u00c3\u00bc", Value("PATH_INFO"));
        Assert.Equal("x=1&y=%20z", Value("QUERY_STRING"));
        Assert.Equal(app.Tenant.Host, Value("SERVER_NAME"));
        Assert.Equal("80", Value("SERVER_PORT"));
        Assert.Equal("HTTP/1.1", Value("SERVER_PROTOCOL"));
        Assert.Equal("127.0.0.1", Value("REMOTE_ADDR"));
        Assert.Equal(app.Tenant.Host, Value("HTTP_HOST"));
        Assert.Equal("http", Value("wsgi.url_scheme"));
        Assert.Equal([1, 0], environ.GetProperty("wsgi.version").EnumerateArray().Select(part => part.GetInt32()));
        Assert.True(environ.GetProperty("wsgi.multithread").GetBoolean());
        Assert.False(environ.GetProperty("wsgi.multiprocess").GetBoolean());
        Assert.False(environ.GetProperty("wsgi.run_once").GetBoolean());
        Assert.False(environ.TryGetProperty("HTTP_CONTENT_TYPE", out _));
        Assert.False(environ.TryGetProperty("HTTP_CONTENT_LENGTH", out _));
        Assert.All(["wsgi.input", "wsgi.errors"], key => Assert.True(answer.GetProperty("types").TryGetProperty(key, out _), key));
        Assert.All(
            environ.EnumerateObject().Where(variable => !variable.Name.StartsWith("wsgi.", StringComparison.Ordinal)),
            variable => Assert.Equal("str", answer.GetProperty("types").GetProperty(variable.Name).GetString()));
    }

    [Conforms(Standard.Wsgi, "environ Variables", "SCRIPT_NAME is the part of the path that leads to the app, PATH_INFO the rest, which may be empty")]
    [Conforms(Standard.Wsgi, "URL Reconstruction", "SCRIPT_NAME and PATH_INFO together are the path that was asked for")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task BelowAPathPrefix_ScriptNameAndPathInfoAreSplitThere(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, EchoEnviron);

        foreach (var (path, info) in new[] { ("/api/v1/things/7", "/things/7"), ("/api/v1/", "/"), ("/api/v1", "") })
        {
            using var response = await app.Client.SendAsync(HttpMethod.Get, new($"http://{SharedGateway.MountHost}{path}"), null, (SharedGateway.TenantHeader, app.Tenant.Name));
            var environ = System.Text.Json.JsonDocument.Parse(await response.TextAsync(HttpStatusCode.OK)).RootElement.GetProperty("environ");
            Assert.Equal("/api/v1", environ.GetProperty("SCRIPT_NAME").GetString());
            Assert.Equal(info, environ.GetProperty("PATH_INFO").GetString());
        }

        using var other = await app.Client.SendAsync(HttpMethod.Get, new($"http://{SharedGateway.MountHost}/api/v10"), null, (SharedGateway.TenantHeader, app.Tenant.Name));
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
    }

    [Conforms(Standard.Wsgi, "environ Variables", "a header of the request is HTTP_ and its name in capitals; lines of one name are joined")]
    [Conforms(Standard.Wsgi, "environ Variables", "CONTENT_TYPE and CONTENT_LENGTH have no HTTP_ before them")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task HeadersOfTheRequest_BecomeVariables(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, EchoEnviron);

        var response = await app.RawAsync("/", "X-Two: a\r\nX-Two: b\r\nX-Latin: \u00fc\r\nCookie: a=1\r\nCookie: b=2\r\nProxy: evil\r\nContent-Type: text/odd\r\nContent-Length: 0\r\n");

        Assert.Equal(200, response.Status);
        var environ = System.Text.Json.JsonDocument.Parse(Dechunked(response)).RootElement.GetProperty("environ");
        Assert.Equal("a,b", environ.GetProperty("HTTP_X_TWO").GetString()!.Replace(" ", "", StringComparison.Ordinal));
        Assert.Equal("\u00fc", environ.GetProperty("HTTP_X_LATIN").GetString());
        Assert.Equal("a=1; b=2", environ.GetProperty("HTTP_COOKIE").GetString());
        Assert.Equal("text/odd", environ.GetProperty("CONTENT_TYPE").GetString());
        // httpoxy: a client must not set a CGI program's HTTP_PROXY.
        Assert.False(environ.TryGetProperty("HTTP_PROXY", out _));
    }

    [Conforms(Standard.Wsgi, "Input and Error Streams", "wsgi.input has read, readline, readlines and iteration, with and without sizes, and ends where the body ends")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task TheInput_IsReadByLinesBySizesAndToItsEnd(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            def app(environ, start_response):
                stream = environ["wsgi.input"]
                parts = [stream.read(0), stream.readline(), stream.readline(3), stream.read(2), next(iter(stream))]
                parts += stream.readlines()
                parts += [stream.read(), stream.read(5), stream.readline()]
                environ["wsgi.errors"].write("complaint\n")
                environ["wsgi.errors"].writelines(["more\n"])
                environ["wsgi.errors"].flush()
                start_response("200 OK", [("Content-Type", "text/plain")])
                return [repr(parts).encode()]
            """);

        var text = await app.PostAsync("/", new StringContent("first\nsecond\nthird\nfourth\nlast"));

        Assert.Equal(@"[b'', b'first\n', b'sec', b'on', b'd\n', b'third\n', b'fourth\n', b'last', b'', b'', b'']", text);
    }

    [Conforms(Standard.Gateway, "WSGI requests", "a header whose name holds an underscore is dropped: a proxy in front filters the other spelling only")]
    [Conforms(Standard.Gateway, "WSGI requests", "HTTP_PROXY is never set (httpoxy)")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task ForgedNames_DoNotReachTheApp(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, EchoEnviron);

        var response = await app.RawAsync("/", "X_Forwarded_For: evil\r\nContent_Length: 7\r\nProxy: evil\r\nX-Real: kept\r\n");

        var environ = System.Text.Json.JsonDocument.Parse(Dechunked(response)).RootElement.GetProperty("environ");
        Assert.Equal("kept", environ.GetProperty("HTTP_X_REAL").GetString());
        Assert.All(["HTTP_X_FORWARDED_FOR", "HTTP_CONTENT_LENGTH", "HTTP_PROXY"], name => Assert.False(environ.TryGetProperty(name, out _), name));
    }

    [Conforms(Standard.Wsgi, "environ Variables", "the environ is the app's to change, and no other request sees what it did")]
    [Conforms(Standard.Wsgi, "environ Variables", "REMOTE_ADDR, REMOTE_PORT, SERVER_NAME and SERVER_PORT are str")]
    [Conforms(Standard.Wsgi, "environ Variables", "wsgi.url_scheme, SERVER_NAME and HTTP_HOST make up the URL that was asked for")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task TheEnviron_IsTheAppsOwn(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            from wsgiref.util import request_uri, shift_path_info

            def app(environ, start_response):
                seen = "mark" in environ or "X" in environ["wsgi.version"]
                uri = request_uri(environ)
                first = shift_path_info(environ)
                environ["mark"] = first
                del environ["QUERY_STRING"]
                strings = all(type(environ[name]) is str for name in ("REMOTE_ADDR", "REMOTE_PORT", "SERVER_NAME", "SERVER_PORT"))
                start_response("200 OK", [("Content-Type", "text/plain")])
                return [f"{seen} {strings} {int(environ['REMOTE_PORT']) > 0} {first} {environ['SCRIPT_NAME']} {environ['PATH_INFO']} {uri}".encode()]
            """);

        for (var time = 0; time < 2; time++)
            Assert.Equal($"False True True a /a /b {app.Tenant.Url("/a/b?x=1")}", await app.TextAsync("/a/b?x=1"));
    }

    [Conforms(Standard.Wsgi, "Input and Error Streams", "wsgi.errors takes str by write, writelines and print, and shows what it got once flushed")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task WhatIsWrittenToWsgiErrors_IsLogged(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            import logging

            def app(environ, start_response):
                errors = environ["wsgi.errors"]
                errors.write("written by " + __file__ + "\n")
                errors.writelines(["line 1 by " + __file__ + "\n", "line 2 by " + __file__ + "\n"])
                print("printed by", __file__, file=errors)
                logging.StreamHandler(errors).emit(logging.makeLogRecord({"msg": "logged by " + __file__}))
                errors.flush()
                start_response("200 OK", [("Content-Type", "text/plain")])
                return [b"ok"]
            """);

        Assert.Equal("ok", await app.TextAsync());
        foreach (var text in new[] { "written by", "line 1 by", "line 2 by", "printed by", "logged by" })
            await app.Gateway.Process.Output.WaitForLineAsync($"stderr: {text} {Path.Combine(app.Tenant.Directory, "main.py")}");
    }

    private static string Dechunked(RawResponse response)
    {
        if (!response.Headers.Any(header => header.Equals("Transfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase)))
            return response.Body;
        var text = new StringBuilder();
        for (var rest = response.Body; ;)
        {
            var line = rest.IndexOf("\r\n", StringComparison.Ordinal);
            var size = Convert.ToInt32(rest[..line], 16);
            if (size == 0)
                return text.ToString();
            text.Append(rest, line + 2, size);
            rest = rest[(line + 4 + size)..];
        }
    }
}
