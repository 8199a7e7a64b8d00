"""Load: wrk for HTTP, raw sockets for WebSockets. One thread of load, so that the server keeps most of two cores."""
import os
import re
import selectors
import socket
import statistics
import struct
import subprocess
import tempfile
import time
from typing import NamedTuple


class Result(NamedTuple):
    rate: float  # answers per second
    p99: float  # milliseconds
    errors: int


def _milliseconds(text):
    value, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(value) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60000}[unit]


def wrk(port, host, path="/", seconds=3, connections=64, script=None):
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "30s", "-H", f"Host: {host}"]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        if script is not None:
            file.write(script)
            file.flush()
            command += ["-s", file.name]
        text = subprocess.run([*command, f"http://127.0.0.1:{port}{path}"], check=True, capture_output=True, text=True).stdout
    errors = sum(map(int, re.findall(r"(?:connect|read|write|timeout) (\d+)", text)))
    errors += int((re.search(r"Non-2xx or 3xx responses: (\d+)", text) or [0, 0])[1])
    return Result(float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]), _milliseconds(re.search(r"^\s+99%\s+(\S+)", text, re.MULTILINE)[1]), errors)


def post(size):
    """A script for wrk: POST of so many bytes."""
    return f'wrk.method = "POST"\nwrk.body = string.rep("x", {size})\n'


def round_robin(hosts):
    """A script for wrk: each request to the next host."""
    names = ", ".join(f'"{host}"' for host in hosts)
    return f"""
local requests, n = {{}}, 0
init = function()
  for i, host in ipairs({{{names}}}) do requests[i] = wrk.format(nil, nil, {{["Host"] = host}}) end
end
request = function() n = n % #requests + 1 return requests[n] end
"""


def is_whole(answer):
    """Whether these bytes are an answer with its whole body (RFC 9112, section 6), be it in chunks; one without a length ends with its connection."""
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    fields = [line.partition(b":") for line in head.lower().split(b"\r\n")[1:]]
    fields = {name.strip(): value.strip() for name, _, value in fields}
    if fields.get(b"transfer-encoding", b"").endswith(b"chunked"):
        while True:
            size, end, rest = body.partition(b"\r\n")
            if not end:
                return False
            size = int(size.partition(b";")[0], 16)
            if size == 0:
                return rest.startswith(b"\r\n") or b"\r\n\r\n" in rest
            if len(rest) < size + 2:
                return False
            body = rest[size + 2:]
    return b"content-length" in fields and len(body) >= int(fields[b"content-length"])


def paced(port, host, rate, seconds=4, connections=64):
    """
    Requests at a fixed rate, sent when they are due whatever the answers do; the latency counts from when a request was due
    (no coordinated omission). The rate is kept by batches a millisecond apart.
    """
    request = f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    selector = selectors.DefaultSelector()
    idle, due_of, answers, times, errors = [], {}, {}, [], 0

    def connect():
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection, selectors.EVENT_READ)
        idle.append(connection)

    for _ in range(connections):
        connect()
    began = time.perf_counter()
    sent, waiting, total = 0, [], int(rate * seconds)
    while len(times) + errors < total and time.perf_counter() < began + seconds + 20:
        now = time.perf_counter()
        while sent < total and began + sent / rate <= now:
            waiting.append(began + sent / rate)
            sent += 1
        while waiting and idle:
            connection = idle.pop()
            due_of[connection], answers[connection] = waiting.pop(0), b""
            connection.send(request)
        for key, _ in selector.select(0.001):
            connection = key.fileobj
            try:
                data = connection.recv(65536)
            except ConnectionError:
                data = b""
            answer = answers[connection] = answers.get(connection, b"") + data
            # Head and body may come apart.
            if data and not is_whole(answer):
                continue
            due = due_of.pop(connection, None)
            if due is not None:
                if answer.startswith(b"HTTP/1.1 200"):
                    times.append((time.perf_counter() - due) * 1000)
                else:
                    errors += 1
            # A sync worker of gunicorn ends the connection with each answer.
            if data and b"connection: close" not in answer.lower():
                idle.append(connection)
            else:
                selector.unregister(connection)
                if connection in idle:
                    idle.remove(connection)
                answers.pop(connection, None)
                connection.close()
                connect()
    for key in list(selector.get_map().values()):
        key.fileobj.close()
    selector.close()
    return Result(len(times) / seconds, statistics.quantiles(times, n=100)[98] if len(times) > 100 else float("inf"), errors)


def _frame(payload):
    """A masked binary frame (RFC 6455, 5.2)."""
    mask = os.urandom(4)
    return struct.pack("!BB4s", 0x82, 0x80 | len(payload), mask) + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


def echo(port, host, seconds=3, connections=64):
    """Messages of 64 bytes there and back; each connection has one under way."""
    frame, expected = _frame(b"x" * 64), 2 + 64
    handshake = (
        f"GET / HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n").encode()
    selector, times = selectors.DefaultSelector(), []
    for _ in range(connections):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.send(handshake)
        if b" 101 " not in connection.recv(4096):
            raise SystemExit(f"no WebSocket on port {port}")
        selector.register(connection, selectors.EVENT_READ, [0, 0.0])
    began = time.perf_counter()
    for key in selector.get_map().values():
        key.data[1] = time.perf_counter()
        key.fileobj.send(frame)
    while time.perf_counter() < began + seconds:
        for key, _ in selector.select(1):
            state = key.data
            state[0] += len(key.fileobj.recv(4096))
            if state[0] >= expected:
                state[0] = 0
                now = time.perf_counter()
                times.append((now - state[1]) * 1000)
                state[1] = now
                key.fileobj.send(frame)
    took = time.perf_counter() - began
    for key in list(selector.get_map().values()):
        key.fileobj.close()
    return Result(len(times) / took, statistics.quantiles(times, n=100)[98], 0)
