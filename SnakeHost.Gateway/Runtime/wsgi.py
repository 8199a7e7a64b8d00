"""WSGI (PEP 3333): between the gateway's native functions and an app.

The gateway builds the environ and calls the function that `bind` returns; it calls back for the body and with the answer. A request
is named by a number. The native functions are described in Wsgi/WsgiFunctions.cs.
"""

import io
import sys

from . import context, streams
from .tracebacks import describe


class FileWrapper:
    """`wsgi.file_wrapper`: iterates over a file in blocks and closes it (PEP 3333, "Optional Platform-Specific File Handling")."""

    def __init__(self, file, block_size=64 * 1024):
        self.file = file
        self.block_size = block_size
        close = getattr(file, "close", None)
        if close is not None:
            self.close = close

    def __iter__(self):
        return self

    def __next__(self):
        data = self.file.read(self.block_size)
        if not data:
            raise StopIteration
        return data


class ErrorStream:
    """`wsgi.errors`: the standard error of whichever app writes to it."""

    def write(self, text):
        return sys.stderr.write(text)

    def writelines(self, lines):
        sys.stderr.writelines(lines)

    def flush(self):
        sys.stderr.flush()

    def takes_records(self):
        return streams.takes_records(sys.stderr)


def template():
    """What the environ of every request starts from."""
    return {
        "SCRIPT_NAME": "",
        "SERVER_SOFTWARE": "SnakeHost",
        "GATEWAY_INTERFACE": "CGI/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": ErrorStream(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
        "wsgi.file_wrapper": FileWrapper,
    }


def bind(app, native):
    """A function `handle(environ, id, body, trace)` that answers one request; it never raises.

    `body` is the whole request body when that is at hand (None when there is none), or True when it is to be read as it comes.
    `trace` is the span of the request as a `traceparent`, None when it is not recorded.
    """
    read, respond, write, finish, fail = (native[name] for name in ("read", "respond", "write", "finish", "fail"))

    class Body(io.RawIOBase):
        """The request body as it arrives; its end is the end of the file, whatever the framing on the wire."""

        def __init__(self, id):
            self._id = id

        def readable(self):
            return True

        def readinto(self, buffer):
            data = read(self._id, len(buffer))
            buffer[: len(data)] = data
            return len(data)

    class Exchange:
        """The start_response and write callables of one request."""

        __slots__ = ("id", "status", "headers", "started")

        def __init__(self, id):
            self.id = id
            self.status = self.headers = None
            self.started = False

        def start_response(self, status, headers, exc_info=None):
            if exc_info is not None:
                try:
                    if self.started:
                        raise exc_info[1].with_traceback(exc_info[2])
                finally:
                    exc_info = None  # a traceback that holds this frame would be a cycle
            elif self.status is not None:
                raise AssertionError("start_response() was called again without exc_info (PEP 3333)")
            self.status = status
            self.headers = headers
            return self.write

        def write(self, data):
            if self.status is None:
                raise AssertionError("the app gave a body before it called start_response() (PEP 3333)")
            if data:
                self.started = True
            elif isinstance(data, bytes):
                return  # no body yet: the headers can still change
            if type(data) is not bytes and isinstance(data, bytes):
                data = bytes(data)
            write(self.id, self.status, self.headers, data)

        def send(self, result):
            if type(result) in (list, tuple) and len(result) == 1 and not self.started:
                data = result[0]
                if self.status is not None and type(data) is bytes:
                    respond(self.id, self.status, self.headers, data)
                    return
            if result is None or isinstance(result, (str, bytes)):
                raise TypeError(f"the app returned {type(result).__name__}, not an iterable of bytes (PEP 3333)")
            for data in result:
                self.write(data)
            if self.status is None:
                raise AssertionError("the app returned without calling start_response() (PEP 3333)")
            finish(self.id, self.status, self.headers)

    def handle(environ, id, body, trace):
        if body is None:
            environ["wsgi.input"] = io.BytesIO()
        elif body is True:
            environ["wsgi.input"] = io.BufferedReader(Body(id), 64 * 1024)
        else:
            environ["wsgi.input"] = io.BytesIO(body)
        exchange = Exchange(id)
        if trace is not None:
            context.trace.set(trace)
        try:
            result = app(environ, exchange.start_response)
            try:
                exchange.send(result)
            finally:
                close = getattr(result, "close", None)
                if close is not None:
                    close()
        except BaseException as error:
            # SystemExit and KeyboardInterrupt too: an app must not end a thread that serves others.
            report = describe(error)
            if not fail(id, report):
                sys.stderr.write(f"The app raised after its answer was complete: {error!r}\n")
        if trace is not None:
            context.trace.set(None)

    return handle
