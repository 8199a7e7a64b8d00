"""`gevent.monkey` and `eventlet.monkey_patch` are refused in a process with other apps: they exchange the sockets, locks and threads of the standard library,
which are every app's and the gateway's.
"""
import functools

from . import alone, context, importing

_ADVICE = (
    "is refused: it would exchange the sockets, locks and threads of all apps in this process. Leave the call out: each request has a thread of its own "
    "here. With Flask-SocketIO or python-socketio use async_mode=\"threading\", or socketio.AsyncServer in an ASGI app")


def _patch(prefix, package):
    def patch(module):
        for name, value in list(vars(module).items()):
            if name.startswith(prefix) and callable(value):
                setattr(module, name, _refusing(value, f"{package}.{name}"))

    return patch


def _refusing(function, name):
    @functools.wraps(function)
    def call(*args, **named):
        if context.origin() is None:
            return function(*args, **named)
        alone.ask(f"{name}() would exchange the sockets, locks and threads of all apps in the process")
        raise RuntimeError(f"snakehost: {name}() {_ADVICE}")

    return call


def install():
    if alone.is_process:
        return
    importing.whenever_loaded("gevent.monkey", _patch("patch_", "gevent.monkey"))
    importing.whenever_loaded("eventlet.patcher", _patch("monkey_patch", "eventlet"))
