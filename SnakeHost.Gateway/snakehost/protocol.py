"""What the halves of ASGI have in common."""

# Asgi/LoopEventKind.cs
BODY, DRAINED, DISCONNECT, STOP, MESSAGE, CLOSED, CLOSE, TRACE = 1, 2, 3, 4, 6, 7, 8, 9

# The state of a request that is answered, and of a WebSocket that is closed.
COMPLETE = 2


class ClientDisconnected(OSError):
    """Raised by `send` when the client is gone (ASGI HTTP and WebSocket spec 2.4)."""


class SocketClosed(ClientDisconnected, RuntimeError):
    """Raised by `send` on a WebSocket that the app itself has closed: a mistake of the app, on a closed connection."""


def is_disconnect(error):
    """Whether an exception is the one that `send` raised, or was raised because of it."""
    for _ in range(20):
        if error is None or isinstance(error, ClientDisconnected):
            break
        inner = getattr(error, "exceptions", None)  # an exception group
        if isinstance(inner, tuple) and inner and all(is_disconnect(each) for each in inner):
            return True
        error = error.__cause__ or error.__context__
    return isinstance(error, ClientDisconnected)
