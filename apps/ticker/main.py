"""A small time series that a background task keeps feeding (ASGI lifespan, no framework)."""

import asyncio
import contextlib
import json
import os

from series import Series

with open("page.html", "rb") as file:
    PAGE = file.read()

INTERVAL = float(os.environ.get("TICKER_INTERVAL", "0.5"))

# Servers older than the lifespan's state extension hand none over: this takes its place.
_own_state = {}


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["type"] == "http":
        await http(scope, send)
    else:
        raise NotImplementedError(f"no {scope['type']}")


async def lifespan(scope, receive, send):
    state = scope.get("state", _own_state)
    task = None
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            state["series"] = Series(size=240)
            task = asyncio.create_task(feed(state["series"]))
            await send({"type": "lifespan.startup.complete"})
        else:
            if task:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
            await send({"type": "lifespan.shutdown.complete"})
            return


async def feed(series):
    while True:
        series.step()
        await asyncio.sleep(INTERVAL)


async def http(scope, send):
    root = scope.get("root_path", "")
    path = scope["path"][len(root):] if root and scope["path"].startswith(root) else scope["path"]
    series = scope.get("state", _own_state).get("series")
    if scope["method"] not in ("GET", "HEAD"):
        status, media, body = 405, b"text/plain", b"GET only.\n"
    elif path in ("", "/"):
        status, media, body = 200, b"text/html; charset=utf-8", PAGE
    elif path != "/data":
        status, media, body = 404, b"text/plain", b"There is / and /data.\n"
    elif series is None:
        status, media, body = 503, b"text/plain", b"The series is fed by the lifespan, and this server runs none.\n"
    else:
        status, media, body = 200, b"application/json", json.dumps(series.summary()).encode()
    headers = [(b"content-type", media), (b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
    if status == 405:
        headers.append((b"allow", b"GET, HEAD"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
