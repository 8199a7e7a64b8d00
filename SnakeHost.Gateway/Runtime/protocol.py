"""What the halves of ASGI have in common."""

# Asgi/LoopEventKind.cs
BODY, DRAINED, DISCONNECT, STOP, CANCEL, MESSAGE, CLOSED, CLOSE, TRACE = 1, 2, 3, 4, 5, 6, 7, 8, 9

# The state of a request that is answered, and of a WebSocket that is closed.
COMPLETE = 2


class ClientDisconnected(OSError):
    """Raised by `send` when the client is gone (ASGI HTTP and WebSocket spec 2.4)."""
