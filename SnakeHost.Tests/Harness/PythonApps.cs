namespace SnakeHost.Tests.Harness;

/// <summary>Turns a function <c>answer(path)</c> that a test writes into a whole app of either interface: the rest of <c>main.py</c>.</summary>
internal static class PythonApps
{
    public const string Wsgi =
        """

        def app(environ, start_response):
            body = str(answer(environ["PATH_INFO"])).encode()
            start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))])
            return [body]
        """;

    public const string Asgi =
        """

        async def app(scope, receive, send):
            if scope["type"] == "lifespan":
                while True:
                    message = await receive()
                    await send({"type": message["type"] + ".complete"})
                    if message["type"] == "lifespan.shutdown":
                        return
            body = str(answer(scope["path"])).encode()
            headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})
        """;

    /// <summary>The test's own code first: a <c>from __future__</c> has to stand at the top.</summary>
    public static string Answering(string code, string kind = "wsgi") => code + "\n" + (kind == "asgi" ? Asgi : Wsgi) + "\n";
}
