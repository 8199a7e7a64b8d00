using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Http;

/// <summary>A WSGI and an ASGI app that write down each request that reaches them: method, path and body, or that the body was broken.</summary>
public sealed class RecordingApps(SharedGateways gateways)
{
    private const string Wsgi =
        """
        seen = []

        def app(environ, start_response):
            path = environ["PATH_INFO"]
            if path == "/seen":
                text = "\n".join(seen)
                seen.clear()
            else:
                text = "fine"
                request = environ["REQUEST_METHOD"] + " " + path
                try:
                    seen.append(request + " " + environ["wsgi.input"].read().decode("latin-1"))
                except OSError:
                    seen.append(request + " broken")
                    raise
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [text.encode("latin-1")]
        """;

    private const string Asgi =
        """
        seen = []

        async def app(scope, receive, send):
            if scope["type"] != "http":
                raise RuntimeError(scope["type"])
            if scope["path"] == "/seen":
                text = "\n".join(seen)
                seen.clear()
            else:
                text = "fine"
                request = scope["method"] + " " + scope["path"]
                body, more = b"", True
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        seen.append(request + " broken")
                        return
                    body += message.get("body", b"")
                    more = message.get("more_body", False)
                seen.append(request + " " + body.decode("latin-1"))
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
            await send({"type": "http.response.body", "body": text.encode("latin-1")})
        """;

    private readonly Task<ServedApp> _wsgi = ServedApp.OfAsync(gateways, InstalledPythons.Default, Wsgi);
    private readonly Task<ServedApp> _asgi = ServedApp.OfAsync(gateways, InstalledPythons.Default, Asgi);

    internal Task<ServedApp> ForAsync(string kind) => kind == "wsgi" ? _wsgi : _asgi;

    /// <summary>What has reached the app since the last call.</summary>
    internal static async Task<string[]> SeenAsync(ServedApp app) => (await app.TextAsync("/seen")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
