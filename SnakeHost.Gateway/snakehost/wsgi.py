"""WSGI (PEP 3333): between the gateway's native functions and an app.

The gateway builds the environ and calls the function that `bind` returns; it calls back for the body and with the answer. A request
is named by a number. The native functions are described in Wsgi/WsgiFunctions.cs.
"""

import io
import sys
import traceback

from . import context, failures, greenlets, notes, processes, routes, spans, streams
from .filewrapper import FileWrapper, remainder
from .tracebacks import describe

ENOUGH, TOO_MUCH = 1, 2  # what `respond` and `write` give when the client gets no more of a body

_ANSWERED = (ConnectionError, StopIteration)  # how Werkzeug and gunicorn are told that an app has answered on the socket itself


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


def template(multithread, multiprocess):
    """What the environ of every request starts from."""
    return {
        "SCRIPT_NAME": "",
        "SERVER_SOFTWARE": "SnakeHost",
        "GATEWAY_INTERFACE": "CGI/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": ErrorStream(),
        "wsgi.multithread": multithread,
        "wsgi.multiprocess": multiprocess,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileWrapper,
    }


def bind(app, native):
    """A function `handle(environ, id, body, trace)` that answers one request; it never raises.

    `body` is the whole request body when that is at hand (None when there is none), or True when it is to be read as it comes.
    `trace` is the request as a `traceparent`, which says whether it is recorded; None where no traces are exported, and False when the request is not even measured.
    """
    names = ("read", "start", "respond", "write", "send_file", "finish", "fail", "taken", "note")
    read, start, respond, write, send_file, finish, fail, taken, note = (native[name] for name in names)
    generation, set_trace = context.origin(), context.trace.set
    is_green = generation is not None and generation.hub is not None
    if is_green:
        read, write = generation.hub.blocking(read), generation.hub.blocking(write)

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

        def readall(self):
            parts = []
            while data := read(self._id, 1 << 20):
                parts.append(data)
            return b"".join(parts)

    class Exchange:
        """The start_response and write callables of one request."""

        __slots__ = ("id", "environ", "size", "has_head", "is_sent", "is_done")

        def __init__(self, id, environ):
            self.id = id
            self.environ = environ  # of a request that is measured
            self.size = environ is not None and len(environ)
            self.has_head = self.is_sent = self.is_done = False

        def start_response(self, status, headers, exc_info=None):
            if exc_info is not None:
                try:
                    if self.is_sent:
                        raise exc_info[1].with_traceback(exc_info[2])
                finally:
                    exc_info = None  # a traceback that holds this frame would be a cycle
            elif self.has_head:
                raise AssertionError("start_response() was called again without exc_info (PEP 3333)")
            if not streams.is_forked():  # else there is no gateway behind it
                environ = self.environ
                # A framework that has something to tell has put something there.
                if environ is not None and (len(environ) != self.size or environ.get(routes.KEY) is not None or spans.known):
                    self.note(status)
                start(self.id, status, headers)
            self.has_head = True
            return self.write

        def note(self, status):
            """Tells what the framework knows; it forgets that with the request."""
            notes.of_environ(note, self.id, self.environ, status)

        def write(self, data):
            if self.put(data) == TOO_MUCH:
                raise ValueError("the body is longer than its Content-Length (PEP 3333)")

        def put(self, data):
            """Sends a block; true when the client gets no more."""
            if not self.has_head:
                if taken(self.id):
                    return ENOUGH
                raise AssertionError("the app gave a body before it called start_response() (PEP 3333)")
            if type(data) is not bytes:
                if not isinstance(data, bytes):
                    raise TypeError(f"a block of the response body is {type(data).__name__}, not bytes (PEP 3333)")
                data = bytes(data)
            if not data:
                return 0  # no body yet: the headers can still change
            if self.is_done or streams.is_forked():
                return ENOUGH
            self.is_sent = True
            more = write(self.id, data)
            self.is_done = more == ENOUGH
            return more

        def send(self, result):
            if self.has_head and not self.is_sent:
                if type(result) in (list, tuple) and len(result) == 1:
                    data = result[0]
                    if type(data) is bytes:
                        self.is_sent = True
                        if respond(self.id, data) == TOO_MUCH:
                            report_excess()
                        return
            if type(result) is FileWrapper and self.has_head and not self.is_done:
                part = remainder(result.file)
                if part is not None:
                    self.is_sent = True
                    send_file(self.id, *part)
                    return
            if result is None or isinstance(result, (str, bytes)):
                raise TypeError(f"the app returned {type(result).__name__}, not an iterable of bytes (PEP 3333)")
            for data in result:
                more = self.put(data)
                if more:
                    if more == TOO_MUCH:
                        report_excess()
                    break
            if not self.has_head and not taken(self.id):
                raise AssertionError("the app returned without calling start_response() (PEP 3333)")
            finish(self.id)

    if generation is not None:
        generation.circles += (Body, Exchange)

    def handle(environ, id, body, trace):
        if body is None:
            environ["wsgi.input"] = io.BytesIO()
        else:
            environ["wsgi.input"] = io.BufferedReader(Body(id), 64 * 1024) if body is True else io.BytesIO(body)
            # Only where nothing else tells the end: werkzeug then reads without a size, which wsgiref.validate does not allow.
            if "CONTENT_LENGTH" not in environ:
                environ["wsgi.input_terminated"] = True
        if trace is False:
            trace = None
            exchange = Exchange(id, None)
        else:
            environ[routes.KEY] = None
            exchange = Exchange(id, environ)
            if trace is not None:
                set_trace(trace)
                if trace[-1] in spans.RECORDED:
                    spans.begin(trace, environ.get("HTTP_TRACESTATE"))
        try:
            result = app(environ, exchange.start_response)
            if streams.is_forked():
                processes.leave()
            try:
                exchange.send(result)
            finally:
                close = getattr(result, "close", None)
                if close is not None:
                    close()
        except BaseException as error:
            if streams.is_forked():
                processes.leave(error)
            # SystemExit and KeyboardInterrupt too: an app must not end a thread that serves others.
            if taken(id):
                if not isinstance(error, _ANSWERED):
                    sys.stderr.write("The app raised after it had taken the connection over:\n")
                    traceback.print_exception(type(error), error, error.__traceback__)
            else:
                if exchange.environ is not None and not exchange.has_head:
                    exchange.environ.pop(failures.KEY, None)  # it is this one
                    exchange.note("500")
                if not fail(id, describe(error)):
                    sys.stderr.write("The app raised after its answer was complete:\n")
                    traceback.print_exception(type(error), error, error.__traceback__)
        if trace is not None:
            if trace[-1] in spans.RECORDED:
                spans.forget()
            set_trace(None)

    return greenlets.bind(generation, handle) if is_green else handle


def report_excess():
    sys.stderr.write("The app gave a longer body than its Content-Length says; the rest has not been sent (PEP 3333).\n")
