"""What each server serves: an app, WSGI or ASGI, that answers with what it has seen of the request."""
import json


def seen(method, path, query, body, broken=False):
    return b"[[" + json.dumps([method, path, query, "broken" if broken else body.decode("latin-1")]).encode() + b"]]"


def wsgi(environ, start_response):
    try:
        body, broken = environ["wsgi.input"].read(), False
    except OSError:
        body, broken = b"", True
    answer = seen(environ["REQUEST_METHOD"], environ["PATH_INFO"], environ.get("QUERY_STRING", ""), body, broken)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(answer)))])
    return [answer]


async def asgi(scope, receive, send):
    if scope["type"] != "http":
        raise RuntimeError(scope["type"])
    body, more, broken = b"", True, False
    while more:
        message = await receive()
        broken = message["type"] == "http.disconnect"
        body += message.get("body", b"")
        more = message.get("more_body", False) and not broken
    path = scope["path"].encode("utf-8", "surrogateescape").decode("latin-1")
    answer = seen(scope["method"], path, scope["query_string"].decode("latin-1"), body, broken)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain"), (b"content-length", str(len(answer)).encode())]})
    await send({"type": "http.response.body", "body": answer})
