"""What each app of the chaos serves with: the same file in all of them, which is never edited.

A request's answer is one line of JSON, or several: the app's name, the request's number and the text that each of its files had for this generation.
All lines of an answer have to be the same.
"""
import asyncio
import atexit
import concurrent.futures
import json
import os
import sys
import threading
import time

LINES = 12
LARGE = 320 * 1024  # more than the gateway copies


class Reader:
    """Puts an answer together; `parts` gives the text of each file."""

    def __init__(self, name, parts, traits):
        self.name = name
        self.parts = parts
        self.seen = None
        self.pool = concurrent.futures.ThreadPoolExecutor(2) if "pool" in traits else None
        if "thread" in traits:
            stop = threading.Event()
            thread = threading.Thread(target=self.watch, args=(stop,), daemon=True)
            atexit.register(stop.set)
            thread.start()

    def watch(self, stop):
        while not stop.wait(0.02):
            self.seen = self.parts()

    async def watch_as_task(self):
        while True:
            self.seen = self.parts()
            await asyncio.sleep(0.02)

    def line(self, identity):
        found = self.parts()
        faults = []
        if sys.modules["main"].parts is not self.parts:
            faults.append("sys.modules has another main")
        if os.environ.get("NAME", self.name) != self.name:
            faults.append("another environment: " + os.environ["NAME"])
        if self.seen is not None and self.seen != found:
            faults.append(f"the background saw {self.seen}")
        if self.pool is not None and self.pool.submit(self.parts).result() != found:
            faults.append("the pool saw another version")
        return json.dumps({"name": self.name, "id": identity, "parts": found, "faults": faults, "here": os.path.exists(self.name + ".here")}).encode() + b"\n"


def wsgi(name, parts, traits):
    reader = Reader(name, parts, traits)

    def app(environ, start_response):
        def stream():
            for _ in range(LINES):
                yield reader.line(identity)
                time.sleep(0.004)

        identity = environ.get("HTTP_X_NUMBER")
        reader.line(identity)  # what is made of half a file fails here, before an answer begins
        path = environ["PATH_INFO"]
        if path == "/stream":
            start_response("200 OK", [])
            return stream()
        if path == "/upload":
            identity += f":{len(environ['wsgi.input'].read())}"
        body = reader.line(identity)
        if path == "/large":
            body *= LARGE // len(body)
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    return app


def asgi(name, parts, traits):
    reader = Reader(name, parts, traits)

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
        elif scope["type"] == "websocket":
            await echo(receive, send)
        else:
            await answer(scope, receive, send)

    async def lifespan(receive, send):
        await receive()
        task = asyncio.create_task(reader.watch_as_task()) if "task" in traits else None
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if task is not None:
            task.cancel()
        await send({"type": "lifespan.shutdown.complete"})

    async def echo(receive, send):
        await receive()
        reader.line(None)
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": reader.line(message["text"]).decode()})

    async def answer(scope, receive, send):
        identity = dict(scope["headers"]).get(b"x-number", b"").decode()
        path = scope["path"]
        reader.line(identity)
        if path == "/stream":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for _ in range(LINES):
                await send({"type": "http.response.body", "body": reader.line(identity), "more_body": True})
                await asyncio.sleep(0.004)
            await send({"type": "http.response.body", "body": b""})
            return
        if path == "/upload":
            length, more = 0, True
            while more:
                message = await receive()
                length += len(message.get("body", b""))
                more = message.get("more_body", False)
            identity += f":{length}"
        body = reader.line(identity)
        if path == "/large":
            body *= LARGE // len(body)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})

    return app
