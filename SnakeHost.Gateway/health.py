"""Whether the gateway in this container is well: `python3 -IS health.py` exits with 0, and prints what it has been told. An image needs no curl for it.

It asks the admin listener where the environment says, else where it is by default. Where nobody listens there, or a token is wanted that the environment
does not have, a file or an argument says otherwise: then it asks the public listener, which is where the environment says. Of that any answer but a 5xx will
do, as it may be an app's.
"""
import contextlib
import os
import socket
import sys

TIMEOUT = 4  # seconds


def setting(name, default=""):
    """As .NET reads the environment: without regard to case."""
    for key, value in os.environ.items():
        if value and key.replace("__", ":").lower() == f"snakehost:{name}".lower():
            return value
    return default


def ask(address, path, *fields):
    """Status and body of an answer; for TLS, only that somebody listens."""
    scheme, separator, rest = address.rpartition("://")
    host, _, port = rest.rstrip("/").rpartition(":")
    host = host.strip("[]")
    if host in ("", "*", "0.0.0.0"):
        host = "127.0.0.1"
    with socket.create_connection((host, int(port)), TIMEOUT) as connection:
        if separator and scheme.lower() != "http":
            return 200, "Listening"
        head = "".join(field + "\r\n" for field in (f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *fields))
        connection.sendall((head + "\r\n").encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode("latin-1")
    return int(answer.split(" ", 2)[1]), answer.partition("\r\n\r\n")[2]


def check():
    admin = setting("Admin:Listen", "127.0.0.1:9081")
    if admin.lower() != "off":
        token = setting("Admin:Token")
        with contextlib.suppress(ConnectionRefusedError):
            status, text = ask(admin, "/health", *([f"Authorization: Bearer {token}"] if token else []))
            if status != 401:
                return status, text
    status, text = ask(setting("Listen", "127.0.0.1:9080").split(";")[0], setting("HealthPath", "/"))
    return (status, text) if status >= 500 else (200, f"The public listener has answered {status}.")


try:
    status, text = check()
except (OSError, ValueError, IndexError) as error:
    sys.exit(f"The gateway does not answer: {error}")
print(text.strip())
sys.exit(status != 200)
