"""ASGI 3.0: an event loop for one app, fed by the gateway.

The loop watches a descriptor. When it becomes readable, `take()` gives what has happened in .NET: a list of triples, either
`(scope, id, body)` for a new request (body None: to be received; False: a WebSocket) or `(kind, id, payload)` with one of the kinds in protocol.py. What the app
sends goes back by the native functions, which never block; they are described in Asgi/AsgiFunctions.cs.
"""

import asyncio
import functools
import os
import sys
import threading
from asyncio import runners

from . import alone, collection, context, failures, files, notes, pools, routes, spans
from .tracebacks import describe
from .lifespan import LAST, Lifespan
from .protocol import BODY, COMPLETE, DISCONNECT, DRAINED, STOP, TRACE, ClientDisconnected, is_disconnect
from .websocket import socket_class

# The states of a response; COMPLETE is in protocol.py. The last two are those of one whose start has announced trailers.
EXPECT_START, EXPECT_BODY, BODY_BEFORE_TRAILERS, EXPECT_TRAILERS = 0, 1, 3, 4

# What every request may use. http.response.trailers is added by Asgi/Scope.cs where the connection has them.
EXTENSIONS = {"http.response.pathsend": {}, "http.response.zerocopysend": {}} if os.name == "posix" else {}

# Seconds: what an app has in any case to end when it is told to stop, and then when its tasks are cancelled.
_LEAST, _PATIENCE = 1, 3

_CAN_BEGIN = sys.version_info >= (3, 12)


def template(state):
    """What the scope of every request starts from. `state` is the lifespan's, or None; each request gets a copy (see Server)."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.5"},
        "http_version": "1.1",
        "scheme": "http",
        "query_string": b"",
        "root_path": "",
        "client": None,
        "server": None,
        "extensions": EXTENSIONS.copy(),
    }
    if state is not None:
        scope["state"] = state
    return scope


def socket_template(state):
    """As `template`, for WebSockets."""
    return {**template(state), "type": "websocket", "scheme": "ws", "extensions": {"websocket.http.response": {}}}


def serve(app, native, sockets, take, started, refused, descriptor, lifespan):
    """Runs the app's loop on the calling thread until it is told to stop."""
    loop = _new_loop()
    asyncio.set_event_loop(loop)
    server = Server(loop, app, native, sockets, take, descriptor)
    generation = context.origin()
    if generation is not None:
        generation.server = server
    try:
        loop.run_until_complete(server.run(Lifespan(app, lifespan), started, refused))
    finally:
        try:
            _end_tasks(loop)
            _run_within(loop, loop.shutdown_asyncgens(), LAST)
            _end_executor(loop, server.left())
        finally:
            asyncio.set_event_loop(None)
            loop.close()
            if generation is not None:
                generation.server = None
            collection.leave(loop, server.cycle, server.socket)


def _new_loop():
    """uvloop where the app's environment has it: it is what the app's author would get from uvicorn. The app's event loop policy is not asked, as it is not there."""
    try:
        import uvloop
    except ImportError:
        return asyncio.SelectorEventLoop()
    return uvloop.new_event_loop()


def _start_task(loop, coroutine):
    """
    Since Python 3.12 a task can begin at once: what needs not wait for anything is done without a turn of the loop. Not where an app may run the loop within a task,
    for which it has replaced asyncio.run (nest_asyncio): `drain` would be on the stack, and cannot be entered again.
    """
    if asyncio.run is not runners.run or loop.get_task_factory() is not None:
        return loop.create_task(coroutine)
    return asyncio.Task(coroutine, loop=loop, eager_start=True)


def _end_tasks(loop):
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if not tasks:
        return
    done, pending = loop.run_until_complete(asyncio.wait(tasks, timeout=LAST))
    for task in done:
        if not task.cancelled():
            task.exception()  # looked at, or asyncio would write it out
    for task in pending:
        task._log_destroy_pending = False
    if pending:
        names = ", ".join(sorted(f"{task.get_name()} ({getattr(task.get_coro(), '__qualname__', '?')})" for task in pending))
        sys.stderr.write(f"snakehost: tasks of the app went on after they had been cancelled and are left: {names}\n")


def _run_within(loop, coroutine, seconds):
    task = loop.create_task(coroutine)
    _, pending = loop.run_until_complete(asyncio.wait({task}, timeout=seconds))
    if pending:
        task.cancel()
        loop.run_until_complete(asyncio.wait(pending, timeout=LAST))


def _end_executor(loop, seconds):
    """Work in the loop's executor is finished. asyncio itself would wait for it without end, even when it is cancelled."""
    work = [asyncio.wrap_future(future, loop=loop) for future in pools.work()]
    if work:
        _, pending = loop.run_until_complete(asyncio.wait(work, timeout=seconds))
        if pending:
            for future in pending:
                future.cancel()  # what has not begun
            return
    loop.run_until_complete(loop.shutdown_default_executor())


class Server:
    """The requests of one app."""

    def __init__(self, loop, app, native, sockets, take, descriptor):
        self.loop = loop
        self.app = app
        self.take = take
        self.descriptor = descriptor
        self.thread = threading.get_ident()
        self.cycles = {}
        self.stopping = loop.create_future()
        self.deadline = 0  # on the loop's clock; None when the app may take for ever to end
        self.idle = None
        self.has_state = False
        self.cycle = _cycle_class(self, **native)
        self.socket = socket_class(loop, native, **sockets)

    async def run(self, lifespan, started, refused):
        # From here on it can be told to stop. Requests do not come before it has started.
        self.loop.add_reader(self.descriptor, self.drain)
        try:
            report = await lifespan.startup(self.stopping)
            needed = alone.settle(context.origin())
            if needed is not None:
                report = describe(needed)
            if report is not None:
                refused(report)
                return
            state = lifespan.state
            self.has_state = state is not None
            started(state)
            try:
                await self.stopping
                await self.finish()
            finally:
                left = self.left()
                await lifespan.shutdown(left if left is None else max(left, _LEAST))
        finally:
            self.loop.remove_reader(self.descriptor)

    def left(self):
        """Seconds of the grace, or None."""
        return None if self.deadline is None else max(self.deadline - self.loop.time(), 0)

    async def finish(self):
        """Lets what is under way come to its end, within the grace; background tasks after an answer count too."""
        if not self.cycles:
            return
        for cycle in self.cycles.values():
            cycle.stop()
        self.idle = self.loop.create_future()
        done, _ = await asyncio.wait([self.idle], timeout=self.left())
        if not done:
            tasks = [cycle.task for cycle in self.cycles.values()]
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=_PATIENCE)

    def drain(self):
        measured, start = None, functools.partial(_start_task, self.loop) if _CAN_BEGIN else self.loop.create_task
        for what, id, payload in self.take():
            if type(what) is dict:
                cycle = self.socket(id) if payload is False else self.cycle(id, payload)
                self.cycles[id] = cycle
                if measured == id:
                    what[routes.KEY] = None
                    cycle.scope, cycle.size = what, len(what)
                if measured == id and trace is not None:
                    # The task takes a copy of the context, and so do those that it starts.
                    token = context.trace.set(trace)
                    if trace[-1] in spans.RECORDED:
                        spans.begin(trace, next((value.decode("latin-1") for name, value in what["headers"] if name == b"tracestate"), None))
                    start(self.answer(cycle, what))
                    context.trace.reset(token)
                else:
                    start(self.answer(cycle, what))
            elif what == TRACE:
                measured, trace = id, payload
            elif what == STOP:
                if not self.stopping.done():
                    self.deadline = self.loop.time() + max(payload / 1000, _LEAST) if payload >= 0 else None
                    self.stopping.set_result(None)
            else:
                cycle = self.cycles.get(id)
                if cycle is not None:
                    cycle.tell(what, payload)

    async def answer(self, cycle, scope):
        cycle.task = asyncio.current_task()
        if self.has_state:
            scope["state"] = scope["state"].copy()
        try:
            await self.app(scope, cycle.receive, cycle.send)
            if cycle.state != COMPLETE:
                cycle.incomplete()
        except BaseException as error:
            # SystemExit too: an app must not end the loop of its other requests.
            cycle.failed(error)
            if isinstance(error, asyncio.CancelledError):
                raise
        finally:
            del self.cycles[cycle.id]
            if spans.under_way:
                spans.forget()
            if self.idle is not None and not self.cycles and not self.idle.done():
                self.idle.set_result(None)


def _cycle_class(server, start, body, receive, watch, fail, file, trailers, note):
    """The class of a request's receive and send; the native functions are in its closure, which is quicker than attributes."""
    create_future = server.loop.create_future
    native_receive = receive

    class Cycle:
        __slots__ = ("id", "body", "task", "scope", "size", "held", "state", "head", "disconnected", "receiving", "sending")

        def __init__(self, id, body):
            self.id = id
            self.body = body  # the whole body until it has been received; then True
            self.task = self.head = self.receiving = self.sending = None
            self.scope = self.held = None  # a request that is measured has its scope
            self.state = EXPECT_START
            self.disconnected = False

        async def receive(self):
            data = self.body
            if data is None:
                return await self.receive_part()
            if data is not True and self.state != COMPLETE:
                self.body = True
                return {"type": "http.request", "body": data, "more_body": False}
            if not self.disconnected and self.state != COMPLETE and watch(self.id) is None:
                await self.news("receiving")
            return {"type": "http.disconnect"}

        async def receive_part(self):
            if self.disconnected or self.state == COMPLETE:
                return {"type": "http.disconnect"}
            part = None if self.receiving is not None else native_receive(self.id)
            if part is None:
                part = await self.news("receiving")
            if not part:
                return {"type": "http.disconnect"}
            data, last = part
            if last:
                self.body = True
            return {"type": "http.request", "body": data, "more_body": not last}

        async def send(self, message):
            kind = message["type"]
            while self.sending is not None:  # another task of the app waits for room already
                await asyncio.shield(self.sending)
            if self.disconnected:
                raise ClientDisconnected("the client has closed the connection")
            state = self.state
            if state == EXPECT_BODY:
                if kind != "http.response.body":
                    return await self.extend(kind, message)
                data = message.get("body", b"")
                if type(data) is not bytes:
                    data = _to_bytes(data)
                more = message.get("more_body", False)
                head = self.head
                if head is not None:
                    self.head = None
                    if self.scope is not None and head[0] >= 500 and not more:
                        self.hold(head, data)
                        return
                    wait = start(self.id, head[0], head[1], data, more)
                else:
                    wait = body(self.id, data, more)
                if not more:
                    self.state = COMPLETE
                    self.wake_receiver()
                if wait is not None:
                    if wait:
                        await self.news("sending")
                    else:
                        self.disconnected = True
                    if self.disconnected:
                        raise ClientDisconnected("the client has closed the connection")
            elif state == EXPECT_START:
                if kind != "http.response.start":
                    raise RuntimeError(f"expected the ASGI message 'http.response.start', got {kind!r}")
                headers = message.get("headers", ())
                if type(headers) is not list:
                    headers = list(headers)
                status = message["status"]
                if not isinstance(status, int):
                    raise TypeError(f"the response status is {type(status).__name__}, not int")
                scope = self.scope
                # A framework that has something to tell has put something there.
                if scope is not None and (len(scope) != self.size or scope.get(routes.KEY) is not None or spans.known):
                    self.note(status)
                self.head = (status, headers)
                self.state = BODY_BEFORE_TRAILERS if "trailers" in message and message["trailers"] else EXPECT_BODY
            elif state == COMPLETE:
                raise RuntimeError(f"unexpected ASGI message {kind!r}: the response is complete")
            else:
                await self.extend(kind, message)

        def note(self, status):
            """Tells what the framework knows of a request that is measured."""
            notes.of_scope(note, self.id, self.scope, status)

        def hold(self, head, data):
            """Starlette answers with 500 and then raises what it has answered for: the answer goes out with that, or else with the loop's next turn."""
            self.state, self.held = COMPLETE, (head, data)
            self.wake_receiver()
            server.loop.call_soon(self.let_go)

        def let_go(self):
            if self.held is not None:
                head, data = self.held
                self.held = None
                try:
                    start(self.id, *head, data, False)
                except Exception as error:
                    fail(self.id, describe(error))

        async def extend(self, kind, message):
            """The messages of the extensions, and the body of a response that ends with trailers."""
            state = self.state
            if state == EXPECT_TRAILERS:
                if kind != "http.response.trailers":
                    raise RuntimeError(f"expected the ASGI message 'http.response.trailers', got {kind!r}")
                more = message.get("more_trailers", False)
                wait = trailers(self.id, list(message.get("headers", ())), more)
                if not more:
                    self.end_with(COMPLETE)
                return await self.sent(wait)
            more = message.get("more_body", False)
            last = not more and state == EXPECT_BODY
            if kind == "http.response.body":
                data = _to_bytes(message.get("body", b""))
                head, self.head = self.head, None
                wait = body(self.id, data, True) if head is None else start(self.id, *head, data, True)
            elif kind == "http.response.zerocopysend" and kind in EXTENSIONS:
                descriptor, offset, count = files.part(message)
                head, self.head = self.head, None
                wait = file(self.id, head, os.dup(descriptor), offset, count, not last)
            elif kind == "http.response.pathsend" and kind in EXTENSIONS:
                if self.head is None:
                    raise RuntimeError("'http.response.pathsend' cannot be mixed with other messages of a body")
                with files.opened(message["path"]) as (descriptor, count):
                    head, self.head = self.head, None
                    wait = file(self.id, head, os.dup(descriptor), 0, count, not last)
            else:
                raise RuntimeError(f"expected the ASGI message 'http.response.body', got {kind!r}")
            if not more:
                self.end_with(COMPLETE if last else EXPECT_TRAILERS)
            await self.sent(wait)

        def end_with(self, state):
            self.state = state
            if state == COMPLETE:
                self.wake_receiver()

        async def sent(self, wait):
            """Deals with what a native function has said: None, True or False."""
            if wait:
                await self.news("sending")
            elif wait is False:
                self.disconnected = True
            if self.disconnected:
                raise ClientDisconnected("the client has closed the connection")

        async def news(self, slot):
            """Waits until `tell` has something for this slot."""
            future = getattr(self, slot)
            if future is None:
                future = create_future()
                setattr(self, slot, future)
            # Shielded: an app may cancel a wait, by a timeout say, and the next one gets what this one would have got.
            result = await asyncio.shield(future)
            if getattr(self, slot) is future:
                setattr(self, slot, None)
            return result

        def tell(self, kind, payload):
            if kind == DISCONNECT:
                self.disconnected = True
            if kind != BODY and self.sending is not None:
                # Cleared here, not by who waits: another send() may be waiting for the same room.
                self.sending.set_result(None)
                self.sending = None
            if kind != DRAINED and self.receiving is not None and not self.receiving.done():
                self.receiving.set_result(payload)

        def wake_receiver(self):
            """A receive() that waits for the client to leave is answered when the response is complete."""
            if self.receiving is not None and not self.receiving.done():
                self.receiving.set_result(None)

        def stop(self):
            """The app is to end: a request is answered first."""

        def incomplete(self):
            if self.disconnected:
                fail(self.id, None)
            elif self.state == EXPECT_START:
                fail(self.id, "The app returned without starting a response (ASGI, \"Response Start\").")
            else:
                fail(self.id, "The app returned without completing its response (ASGI, \"Response Body\").")

        def failed(self, error):
            # That the client has gone is no failure of the app, and an exception that only says so is not one either.
            expected = self.disconnected and is_disconnect(error)
            if self.scope is not None and self.state == EXPECT_START:
                self.scope.pop(failures.KEY, None)  # it is this one
                self.note(500)
            if self.held is not None:
                note(self.id, None, describe(error), None)
                self.let_go()
            if not fail(self.id, None if expected else describe(error)) and not expected and not isinstance(error, asyncio.CancelledError):
                sys.stderr.write(f"The app raised after its answer was complete: {error!r}\n")

    return Cycle


def _to_bytes(data):
    if isinstance(data, (bytes, bytearray, memoryview)):
        return bytes(data)
    raise TypeError(f"the body of a response is {type(data).__name__}, not bytes")
