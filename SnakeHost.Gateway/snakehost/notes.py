"""What a framework knows of a request that is measured, and what the app says of its span, told to the gateway by the native function `note(id, route, error, said)`."""
from . import failures, routes, spans


def of_environ(note, id, environ, status):
    """`status` as `start_response` has it."""
    route = routes.of_environ(environ)
    if failures.KEY in environ or spans.known:
        _tell(note, id, route, environ, 500 if isinstance(status, str) and status[:1] == "5" else 0)
    elif route is not None:
        note(id, route, None, None)


def of_scope(note, id, scope, status):
    route = routes.of_scope(scope)
    if failures.KEY in scope or spans.known:
        _tell(note, id, route, scope, status)
    elif route is not None:
        note(id, route, None, None)


def _tell(note, id, route, request, status):
    error = failures.take(request, status) if failures.KEY in request else None
    said = spans.said()
    if route is not None or error is not None or said is not None:
        note(id, route, error, said)
