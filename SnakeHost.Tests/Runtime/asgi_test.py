"""The loop of an app, fed by a queue in place of .NET's."""
import asyncio
import os
import unittest

import support  # noqa: F401, which makes the package

from snakehost import asgi
from snakehost.protocol import STOP


class Queue:
    """Gives what has been added since, as .NET does, and makes a descriptor readable meanwhile."""

    def __init__(self):
        self.items = []
        self.descriptor, self.signal = os.pipe()

    def add(self, *items):
        self.items += items
        os.write(self.signal, b"1")

    def take(self):
        os.read(self.descriptor, 100)
        items, self.items = self.items, []
        return items

    def close(self):
        os.close(self.descriptor)
        os.close(self.signal)


def _nested(main):
    """What nest_asyncio makes of asyncio.run: it runs the loop on, within a task."""
    loop, outer = asyncio.get_running_loop(), asyncio.current_task()
    inner = loop.create_task(main)
    expected = len(loop._ready)  # by the turn of the loop in which this is
    asyncio.tasks._leave_task(loop, outer)
    try:
        while not inner.done():
            loop._run_once()
    finally:
        asyncio.tasks._enter_task(loop, outer)
        for _ in range(expected):
            loop.call_soon(int)
    return inner.result()


class NestedTest(unittest.TestCase):
    def setUp(self):
        self.addCleanup(setattr, asyncio, "run", asyncio.run)
        self.addCleanup(setattr, asgi, "_new_loop", asgi._new_loop)
        asgi._new_loop = asyncio.SelectorEventLoop  # uvloop's cannot be run within a task, and nest_asyncio refuses it
        self.queue = Queue()
        self.addCleanup(self.queue.close)
        self.answered, self.failed = [], []

    def serve(self, app, *requests):
        """Until the app stops it by an item of the queue."""
        nothing = lambda *arguments: None  # noqa: E731
        native = dict.fromkeys(("body", "receive", "watch", "file", "trailers", "note"), nothing)
        native["start"] = lambda id, status, headers, data, more: self.answered.append(id)
        native["fail"] = lambda id, text: self.failed.append(text)
        sockets = dict.fromkeys(("accept", "taken", "send", "close"), nothing)
        asgi.serve(app, native, sockets, self.queue.take, lambda state: self.queue.add(*requests), self.fail, self.queue.descriptor, "off")

    def test_a_request_that_runs_the_loop_holds_up_no_other(self):
        asyncio.run = _nested
        begun = [asyncio.Event() for _ in range(3)]

        async def app(scope, receive, send):
            number = scope["number"]
            begun[number].set()
            if number == 0:
                try:
                    asyncio.run(others())
                finally:
                    self.queue.add((STOP, 0, 60_000))
            await send({"type": "http.response.start", "status": 200})
            await send({"type": "http.response.body"})

        async def others():
            await asyncio.wait_for(begun[1].wait(), 30)  # came together with this one
            self.queue.add(({"type": "http", "number": 2}, 12, b""))
            await asyncio.wait_for(begun[2].wait(), 30)

        self.serve(app, ({"type": "http", "number": 0}, 10, b""), ({"type": "http", "number": 1}, 11, b""))

        self.assertEqual([], self.failed)
        self.assertEqual([11, 12, 10], self.answered)
