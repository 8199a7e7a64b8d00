"""Exceptions of which a framework makes an answer, so that no server sees them: noted with the request, for its span.

Frameworks tell of them by a signal. A request that is measured is known by `routes.KEY`.
"""
import importlib
import sys

from . import detection, importing, routes
from .tracebacks import describe

KEY = "snakehost.error"


def note(request, error):
    """`request`: an environ or a scope."""
    if error is not None and routes.KEY in request:
        request[KEY] = error


def take(request, status):
    """The JSON of `describe` when the answer is that the app failed; else None."""
    error = request.pop(KEY, None)
    return None if error is None or status < 500 else describe(error)


def attach(app):
    """Litestar has hooks in place of signals."""
    for layer in detection.layers(app):
        hooks = getattr(layer, "after_exception", None)
        if type(layer).__module__ == "litestar.app" and type(hooks) is list:
            hooks.append(_of_litestar)


async def _of_litestar(error, scope):
    note(scope, error)


def _flask(module):
    def note_error(sender, exception=None, **more):
        request = importlib.import_module("flask.globals").request
        note(routes.place(request), exception)
        if request.url_rule is not None:
            routes.put(request.environ, request.url_rule.rule)  # the app may raise it, and then forgets its request

    module.got_request_exception.connect(note_error, weak=False)


def _quart(module):
    async def note_error(sender, exception=None, **more):
        quart = importlib.import_module("quart")
        for has, request in ((quart.has_request_context, quart.request), (quart.has_websocket_context, quart.websocket)):
            if has():
                note(routes.place(request), exception)

    module.got_request_exception.connect(note_error, weak=False)
    module.got_websocket_exception.connect(note_error, weak=False)


def _django(module):
    def note_error(sender, request=None, **more):
        note(routes.place(request), sys.exc_info()[1])

    module.got_request_exception.connect(note_error, weak=False)


PATCHES = (("flask.signals", importing.tried(_flask)), ("quart.signals", importing.tried(_quart)), ("django.core.signals", importing.tried(_django)))
