namespace SnakeHost.Tests.Apps;

/// <summary>
/// Apps that answer <c>/{framing}/{parts}/{size}</c>: a body of that size in so many parts, with a Content-Length or without. Those that answer another path do it by a
/// function of that name.
/// </summary>
internal static class AnswerApps
{
    private const string Parts =
        """
        PATTERN = bytes(number * 7 % 251 for number in range(251))

        def parts_of(path):
            _, framing, count, size = path.split("/")
            count, size = int(count), int(size)
            body = (PATTERN * (size // 251 + 1))[:size]
            cuts = [size * number // count for number in range(count + 1)]
            return framing == "length", size, [body[start:end] for start, end in zip(cuts, cuts[1:])]

        """;

    public const string Wsgi =
        Parts +
        """

        def app(environ, start_response):
            path = environ["PATH_INFO"]
            headers = [("Content-Type", environ["QUERY_STRING"] or "text/plain")]
            if path == "/write":
                write = start_response("200 OK", headers + [("Content-Length", "20")])
                write(b"a" * 10)
                return [b"b" * 10]
            has_length, size, parts = parts_of(path)
            start_response("200 OK", headers + ([("Content-Length", str(size))] if has_length else []))
            return iter(parts) if len(parts) > 1 else parts
        """;

    public const string Asgi =
        Parts +
        """

        import os

        FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "file.bin")

        async def app(scope, receive, send):
            kind = "http"
            if scope["type"] == "websocket":
                await receive()
                kind = "websocket.http"
            elif scope["type"] != "http":
                raise RuntimeError

            async def start(length, status=200, *headers, **more):
                headers = [(b"content-type", scope["query_string"] or b"text/plain"), *headers]
                if length is not None:
                    headers.append((b"content-length", str(length).encode()))
                await send({"type": kind + ".response.start", "status": status, "headers": headers, **more})

            async def part(data, more=True):
                await send({"type": kind + ".response.body", "body": data, "more_body": more})

            async def of_file(offset, count, more=True):
                with open(FILE, "rb") as file:
                    await send({"type": "http.response.zerocopysend", "file": file, "offset": offset, "count": count, "more_body": more})

            async def file_then_body():
                await start(20)
                await of_file(0, 10)
                await part(b"b" * 10, False)

            async def body_then_file():
                await start(20)
                await part(b"a" * 10)
                await of_file(0, 10, False)

            async def body_then_nothing_of_a_file():
                await start(10)
                await part(b"a" * 10)
                await of_file(0, 0, False)

            async def range_of_a_file():
                await start(80_000, 206, (b"content-range", b"bytes 0-79999/100000"))
                await of_file(0, 65_536)
                await of_file(65_536, 80_000 - 65_536, False)

            async def range_in_parts():
                await start(80_000, 206, (b"content-range", b"bytes 0-79999/100000"))
                await part(b"r" * 65_536)
                await part(b"r" * (80_000 - 65_536), False)

            async def whole_file():
                await start(100_000)
                await send({"type": "http.response.pathsend", "path": FILE})

            async def no_content():
                await start(None, 204)
                await part(b"")
                await part(b"", False)

            async def not_modified():
                await start(30, 304)
                await part(b"")
                await part(b"", False)

            async def announced_trailers():
                await start(20, trailers=True)
                await part(b"a" * 10)
                await part(b"b" * 10, False)
                await send({"type": "http.response.trailers", "headers": [(b"x-sum", b"20")]})

            async def too_short():
                await start(30)
                await part(b"a" * 10)
                await part(b"b" * 10, False)

            async def raises():
                await start(30)
                await part(b"a" * 10)
                raise ValueError("on purpose")

            other = locals().get(scope["path"].strip("/"))
            if other is not None:
                return await other()
            has_length, size, parts = parts_of(scope["path"])
            await start(size if has_length else None)
            for number, data in enumerate(parts, 1):
                await part(data, number < len(parts))
        """;
}
