"""Answers that go on: a text that streams and a clock of server-sent events (ASGI, no framework)."""

import asyncio
import itertools
import json
from datetime import datetime, timezone

with open("page.html", "rb") as file:
    PAGE = file.read()

POEM = """\
A narrow Fellow in the Grass
Occasionally rides -
You may have met him? Did you not
His notice instant is -

The Grass divides as with a Comb,
A spotted Shaft is seen,
And then it closes at your Feet
And opens further on -
"""  # Emily Dickinson, 1865


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        # Nothing to start or to stop: say so, and the server goes on without asking.
        raise NotImplementedError("no lifespan")
    if scope["type"] != "http":
        raise NotImplementedError(f"no {scope['type']}")
    route = {"/": page, "/poem": poem, "/clock": clock}.get(path_of(scope), missing)
    if scope["method"] not in ("GET", "HEAD"):
        route = refused
    await route(scope, receive, send)


def path_of(scope):
    """The path below the place where the app is mounted."""
    path, root = scope["path"], scope.get("root_path", "")
    if root and path.startswith(root):
        path = path[len(root):]
    return path or "/"


async def page(scope, receive, send):
    await answer(scope, send, 200, "text/html; charset=utf-8", PAGE)


async def missing(scope, receive, send):
    await answer(scope, send, 404, "text/plain; charset=utf-8", b"There is /, /poem and /clock.\n")


async def refused(scope, receive, send):
    await answer(scope, send, 405, "text/plain; charset=utf-8", b"GET only.\n", [(b"allow", b"GET, HEAD")])


async def answer(scope, send, status, media, body, headers=()):
    await start(send, status, media, [(b"content-length", str(len(body)).encode()), *headers])
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


async def start(send, status, media, headers=()):
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", media.encode()), *headers]})


async def poem(scope, receive, send):
    """A line at a time; ?pause=0.2 says how many seconds lie between two."""
    await start(send, 200, "text/plain; charset=utf-8", [(b"cache-control", b"no-store")])
    async for line in paced(scope, receive, iter(POEM.splitlines(keepends=True)), pause(scope, 0.4)):
        await send({"type": "http.response.body", "body": line.encode(), "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def clock(scope, receive, send):
    """Server-sent events for as long as the client listens; ?count=3 ends after three."""
    wanted = query_of(scope).get("count", "")
    numbers = range(1, int(wanted) + 1) if wanted.isascii() and wanted.isdigit() and len(wanted) < 10 else itertools.count(1)
    await start(send, 200, "text/event-stream", [(b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")])
    async for number in paced(scope, receive, numbers, pause(scope, 1.0)):
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        event = f"id: {number}\ndata: {json.dumps({'now': now, 'tick': number})}\n\n"
        await send({"type": "http.response.body", "body": event.encode(), "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def pause(scope, default):
    try:
        seconds = float(query_of(scope).get("pause", default))
    except ValueError:
        return default
    # Written so that NaN, which compares with nothing, is refused too.
    return seconds if 0 <= seconds <= 10 else default


def query_of(scope):
    return dict(part.split("=", 1) for part in scope["query_string"].decode("latin-1").split("&") if "=" in part)


async def paced(scope, receive, items, seconds):
    """The items with a pause between them, ending early when the client goes away."""
    if scope["method"] == "HEAD":
        return
    gone = asyncio.ensure_future(disconnected(receive))
    try:
        for number, item in enumerate(items):
            # The pause is a wait for the disconnect: nothing is computed for nobody.
            if number and (await asyncio.wait({gone}, timeout=seconds))[0]:
                return
            yield item
    finally:
        gone.cancel()


async def disconnected(receive):
    while (await receive())["type"] != "http.disconnect":
        pass
