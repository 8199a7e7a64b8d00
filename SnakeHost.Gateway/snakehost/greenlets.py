"""`gevent.monkey` and `eventlet.monkey_patch` exchange the sockets, locks and threads of the standard library, which are every app's and the gateway's.

In a process with other apps they are refused. In a process of its own an app that calls one is imported once more, in a thread that Python has started, and
answers there, a greenlet for each request, as under gunicorn's workers of these names. The gateway's threads wait for that one. They have no greenlets
themselves: a switch between these exchanges parts of a thread's stack, and .NET finds its own frames in there no more.
"""
import _thread
import collections
import functools
import importlib
import logging
import os
import sys
import warnings
from importlib import _bootstrap

from . import alone, context, debuggers, importing, threads
from .errors import LoadError

_ADVICE = (
    "is refused: it would exchange the sockets, locks and threads of all apps in this process. Leave the call out: each request has a thread of its own "
    "here. With Flask-SocketIO or python-socketio use async_mode=\"threading\", or socketio.AsyncServer in an ASGI app. Or give the app a process of its own (Isolation)")
_DEBUGGED = "is refused while the app is debugged: the debugger needs the system's own threads. End debugging, or leave the call out for as long"
_LATE = "is called too late: call it where the app is imported, as its first lines"

_start_new_thread, _allocate_lock = _thread.start_new_thread, _thread.allocate_lock  # those of the system


class Restart(BaseException):
    """The app patches the process, and has to be imported by a Hub. Not an Exception, as it is nothing to be handled by the app."""

    def __init__(self, package):
        super().__init__(package)
        self.package = package


class Hub:
    """The thread of an app's greenlets."""

    def __init__(self, generation, package):
        self.package = package
        self._generation = generation
        self.identifier = None  # of its thread
        self._work = collections.deque()
        self._reader, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def start(self, load):
        """Begins, and returns what `load` does in it."""
        done, outcome = _allocate_lock(), []
        done.acquire()
        _start_new_thread(self._run, (load, done, outcome))
        return _outcome(done, outcome)

    def call(self, function, *args):
        """Has a greenlet call a function. The calling thread waits for it, as a thread."""
        done, outcome = _allocate_lock(), []
        done.acquire()
        self._post((function, args, done, outcome))
        return _outcome(done, outcome)

    def end(self, function, *args):
        """Calls a last function."""
        self.call(self._end, function, args)
        self._post(None)

    def blocking(self, function):
        """The function, which waits for the network, as greenlets may call it."""
        if self.package == "gevent":
            hub = self._import("gevent")
            return lambda *args: hub.get_hub().threadpool.apply(function, args)
        return functools.partial(self._import("eventlet.tpool").execute, function)

    def _end(self, function, args):
        if self.package == "gevent":
            pool = getattr(self._import("gevent").get_hub(), "_threadpool", None)
            if pool is not None:
                pool.kill()
        else:
            self._import("eventlet.tpool").killall()
        function(*args)

    def _post(self, item):
        self._work.append(item)
        try:
            os.write(self._writer, b"\0")
        except BlockingIOError:
            pass  # full: it will look

    def _run(self, load, done, outcome):
        self.identifier = _thread.get_ident()
        threads.note_native_id()
        self._generation.enter()
        _call(load, (), done, outcome)
        self._serve()  # if only the app's end

    def _serve(self):
        if self.package == "gevent":
            wait, spawn = self._import("gevent.socket").wait_read, self._import("gevent").spawn
        else:
            wait, spawn = functools.partial(self._import("eventlet.hubs").trampoline, read=True), self._import("eventlet").spawn_n
        while True:
            try:
                os.read(self._reader, 65536)
            except BlockingIOError:
                pass
            while self._work:
                item = self._work.popleft()
                if item is None:
                    return
                spawn(_call, *item)
            wait(self._reader)

    def _import(self, name):
        return self._generation.run(importlib.import_module, name)


def _call(function, args, done, outcome):
    try:
        outcome.append((function(*args), None))
    except BaseException as error:
        outcome.append((None, error))
    done.release()


def _outcome(done, outcome):
    done.acquire()
    result, error = outcome.pop()
    if error is not None:
        raise error
    return result


class _Input:
    """By which eventlet's WebSockets find the connection."""

    def __init__(self, socket):
        self._socket = socket

    def get_socket(self):
        return self._socket


def load(generation, function):
    """What a function returns that imports the app, by a Hub if it turns out to need one."""
    try:
        result = function()
    except Restart:
        pass
    if generation.patched is None:
        return result
    for name in [name for name in generation.modules if name != "__main__"]:
        del generation.modules[name]  # from the beginning, now patched
    generation.hub = Hub(generation, generation.patched)
    result = generation.hub.start(function)
    if result[1] != "wsgi":
        raise LoadError(f"the app calls {generation.patched}'s monkey patch, and is an ASGI app: leave the call out, since its event loop answers requests side by side")
    return result


def bind(generation, handle):
    """`handle` of wsgi.py, which then answers in the greenlets' thread."""
    hub = generation.hub

    def answer(environ, id, body, trace):
        offered = environ.get("werkzeug.socket")
        if offered is None:
            return handle(environ, id, body, trace)
        # It was made by another thread, whose hub it would wait for.
        import socket

        with socket.socket(fileno=offered.detach()) as own:
            environ["werkzeug.socket"] = own
            if hub.package == "eventlet":
                environ["eventlet.input"] = _Input(own)
            handle(environ, id, body, trace)

    return lambda *args: hub.call(answer, *args)


def _patch(prefix, package):
    def patch(module):
        for name, value in list(vars(module).items()):
            if name.startswith(prefix) and callable(value):
                setattr(module, name, _guarded(value, package, f"{package}.{name}" if package == "eventlet" else f"{package}.monkey.{name}"))

    return patch


def _guarded(function, package, name):
    @functools.wraps(function)
    def call(*args, **named):
        generation = context.origin()
        if generation is None:
            return function(*args, **named)
        if not alone.is_process:
            alone.ask(f"{name}() would exchange the sockets, locks and threads of all apps in the process")
            raise RuntimeError(f"snakehost: {name}() {_ADVICE}")
        if debuggers.is_serving():
            raise RuntimeError(f"snakehost: {name}() {_DEBUGGED}")
        if generation.hub is None:
            if not generation.loading:
                raise RuntimeError(f"snakehost: {name}() {_LATE}")
            generation.patched = package
            raise Restart(package)
        return _patched(function, args, named)

    return call


def _patched(function, args, named):
    """The modules that are being imported are locked by the thread as the system knows it; from here on it is called otherwise."""
    before = _thread.get_ident()
    category = getattr(sys.modules.get(function.__module__), "MonkeyPatchWarning", None)
    logging_before = logging.root.manager.disable
    # What they say of a main thread, which is the gateway's, and of locks that were there before, which are the gateway's too.
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings():
            if category is not None:
                warnings.simplefilter("ignore", category)
            result = function(*args, **named)
    finally:
        logging.disable(logging_before)
    after = _bootstrap._thread.get_ident()
    for reference in list(_bootstrap._module_locks.values()):
        lock = reference()
        if lock is not None and lock.owner == before:
            lock.owner = after
    return result


def install():
    importing.whenever_loaded("gevent.monkey", _patch("patch_", "gevent"))
    importing.whenever_loaded("eventlet.patcher", _patch("monkey_patch", "eventlet"))
