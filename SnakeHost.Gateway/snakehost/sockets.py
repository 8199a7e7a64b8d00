"""The socket by which a WSGI app takes over the connection of a request, as Werkzeug's and gunicorn's servers hand out their own."""
import socket


def pair():
    """A socket for the app, and the descriptor of its other end, which is the caller's."""
    mine, other = socket.socketpair()
    return mine, other.detach()
