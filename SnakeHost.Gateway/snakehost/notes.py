"""What a framework knows of a request that is measured, told to the gateway by the native function `note(id, route, error, said)`; and what the app says of its span."""
from . import failures, routes, spans


def of_environ(note, id, environ, root, status):
    """`status` as `start_response` has it."""
    _tell(note, id, routes.of_environ(environ, root), environ, 500 if status[:1] == "5" else 0)


def of_scope(note, id, scope, root, status):
    _tell(note, id, routes.of_scope(scope, root), scope, status)


def _tell(note, id, route, request, status):
    error = failures.take(request, status) if failures.KEY in request else None
    said = spans.said()
    if route is not None or error is not None or said is not None:
        note(id, route, error, said)
