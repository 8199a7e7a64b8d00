namespace SnakeHost.Tests.Asgi;

/// <summary>What the apps of these tests have in common.</summary>
internal static class AsgiApps
{
    /// <summary>
    /// The start of a <c>main.py</c>: a function per path, named after it, for requests and WebSockets; <c>/seen</c> shows what they have
    /// put into <c>seen</c>.
    /// </summary>
    public const string ByPath =
        """
        import asyncio

        seen = []

        async def text(send, body, status=200, headers=()):
            await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain"), *headers]})
            await send({"type": "http.response.body", "body": body.encode() if isinstance(body, str) else body})

        async def app(scope, receive, send):
            if scope["type"] == "lifespan":
                raise NotImplementedError
            if scope["path"] == "/seen":
                return await text(send, "|".join(map(str, seen)))
            await globals()[scope["path"].strip("/") or "index"](scope, receive, send)

        async def start(send, *headers, status=200, **more):
            await send({"type": "http.response.start", "status": status, "headers": list(headers), **more})

        async def part(send, body, more=True):
            await send({"type": "http.response.body", "body": body, "more_body": more})


        """;
}
