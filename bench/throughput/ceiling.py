"""The app called in a loop, with no server: `python3 ceiling.py FOLDER wsgi|asgi` prints calls per second."""
import asyncio
import importlib
import io
import sys
import time
from wsgiref.util import setup_testing_defaults

SECONDS = 2


def wsgi(app):
    template = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "HTTP_HOST": "app.localhost"}
    setup_testing_defaults(template)
    began, count = time.perf_counter(), 0
    while time.perf_counter() < began + SECONDS:
        for _ in range(100):
            environ = template.copy()
            environ["wsgi.input"] = io.BytesIO()
            answer = app(environ, lambda status, headers, exc_info=None: None)
            b"".join(answer)
            if hasattr(answer, "close"):
                answer.close()
        count += 100
    return count / (time.perf_counter() - began)


async def asgi(app):
    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        pass

    template = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "scheme": "http", "method": "GET",
        "path": "/", "raw_path": b"/", "query_string": b"", "root_path": "", "headers": [(b"host", b"app.localhost")],
        "client": ("127.0.0.1", 5), "server": ("127.0.0.1", 80), "extensions": {}}
    began, count = time.perf_counter(), 0
    while time.perf_counter() < began + SECONDS:
        for _ in range(100):
            await asyncio.create_task(app(template.copy(), receive, send))
        count += 100
    return count / (time.perf_counter() - began)


if __name__ == "__main__":
    folder, kind = sys.argv[1:]
    sys.path.insert(0, folder)
    app = importlib.import_module("main").app
    if kind == "wsgi":
        print(wsgi(app))
    else:
        import uvloop
        uvloop.install()
        print(asyncio.run(asgi(app)))
