"""What exporting telemetry costs: requests per second with it and without, in pairs.

    python3 bench/telemetry/telemetry.py [--apps flask wsgi asgi fastapi] [--all] [--pairs 40] [--seconds 1] [--connections 16] [--threads N] [--no-spin] [--python PYTHON]

Two gateways run side by side, one exporting to a collector that throws everything away; wrk asks one and then the other, in changing
order and short rounds, so that a busy machine slows both. The ratio of each pair is what counts: the median of them, and the quartiles.
Processor time per request is the gateway's alone, and so feels less of what else runs on the machine; it is told apart by what the threads
are for. The last column says how many spans a second arrived, of requests that the gateway records; they are counted by their size, which the warm-up
gives. `--all` has it record every one (OTEL_TRACES_SAMPLER).
An idle thread of .NET's pool spins before it sleeps, which counts as processor time, the more the longer a request takes: `--no-spin` has it
sleep at once. Needs wrk and a release build.
"""
import argparse
import collections
import dataclasses
import os
import pathlib
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "reload"))
from servers import gateway  # noqa: E402

APPS = {
    "flask": """from flask import Flask
app = Flask(__name__)

@app.get("/")
def index():
    return "hello"
""",
    "wsgi": """def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]
""",
    "asgi": """async def app(scope, receive, send):
    if scope["type"] != "http":
        raise RuntimeError
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"hello"})
""",
    "fastapi": """from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
app = FastAPI()

@app.get("/", response_class=PlainTextResponse)
async def index():
    return "hello"
""",
}


KINDS = ["Python", "rest", "exporter"]
FLUSH = 6  # seconds after which a batch goes out that is not full: OTEL_BSP_SCHEDULE_DELAY, and one more


class Collector:
    """Takes OTLP by HTTP and answers 200 to everything. What it costs is taken from those that are measured, so it does not even have the bodies
    copied to it (MSG_TRUNC of tcp(7)), unless it is to keep them."""

    def __init__(self):
        self.received = self.traces = 0  # bytes
        self.keeps = True
        self._kept = collections.deque()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def span_size(self):
        """Bytes, from what has been kept, which is kept no longer."""
        bodies = [self._kept.popleft() for _ in range(len(self._kept))]
        if not bodies:
            raise SystemExit("no spans have arrived")
        return sum(map(len, bodies)) / sum(map(count_spans, bodies))

    def _accept(self):
        while True:
            connection, _ = self._listener.accept()
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        buffer = bytearray(1 << 20)
        with connection:
            while True:
                data = b""
                while b"\r\n\r\n" not in data:
                    more = connection.recv(4096)
                    if not more:
                        return
                    data += more
                head, _, body = data.partition(b"\r\n\r\n")
                length = int(re.search(rb"(?i)\r\ncontent-length:\s*(\d+)", head)[1])
                is_trace = b"/traces" in head.partition(b"\r\n")[0]
                if is_trace and self.keeps:
                    while len(body) < length and (more := connection.recv(length - len(body))):
                        body += more
                    self._kept.append(body)
                else:
                    left = length - len(body)
                    while left:  # at the end of the stream, too
                        left -= connection.recv_into(buffer, min(left, len(buffer)), socket.MSG_TRUNC | socket.MSG_WAITALL) or left
                self.received += length
                self.traces += length if is_trace else 0
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n")


def count_spans(message, path=(1, 2, 2)):
    """ExportTraceServiceRequest.resource_spans.scope_spans.spans, of opentelemetry/proto/trace/v1/trace.proto."""
    if not path:
        return 1
    count = position = 0
    while position < len(message):
        tag, position = varint(message, position)
        if tag & 7 != 2:
            raise SystemExit(f"the collector got something else than spans: field {tag >> 3}, wire type {tag & 7}")
        length, position = varint(message, position)
        if tag >> 3 == path[0]:
            count += count_spans(memoryview(message)[position:position + length], path[1:])
        position += length
    return count


def varint(message, position):
    value = shift = 0
    while True:
        byte = message[position]
        position += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, position
        shift += 7


def kind(thread):
    """What a thread is there for, by its name."""
    if "#" in thread:
        return "Python"
    return "exporter" if thread.startswith("OpenTelemetry") else "rest"


def processor_times(pid):
    """Nanoseconds by thread id, with the thread's kind. A thread that ends takes its own with it; those of a busy pool stay."""
    times = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            times[task.name] = kind((task / "comm").read_text()), int((task / "schedstat").read_text().split()[0])
        except OSError:
            continue  # it has just ended
    return times


@dataclasses.dataclass
class Round:
    rate: float  # requests per second
    requests: int
    times: dict  # kind of thread -> µs per request

    @property
    def time(self):
        return sum(self.times.values())


def ask(server, host, seconds, connections):
    before = processor_times(server.process.pid)
    output = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-H", f"Host: {host}.localhost", f"http://127.0.0.1:{server.port}/"],
        capture_output=True, text=True, check=True).stdout
    after = processor_times(server.process.pid)
    if "Non-2xx" in output or "Socket errors" in output:
        raise SystemExit(f"not all requests were answered:\n{output}")
    requests = int(re.search(r"(\d+) requests in", output)[1])
    times = dict.fromkeys(KINDS, 0)
    for thread, (name, spent) in after.items():
        times[name] += (spent - before.get(thread, (name, 0))[1]) / 1000 / requests
    return Round(float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1]), requests, times)


def measure(app, servers, collector, arguments):
    for server in servers.values():
        server.wait("hello", host=f"{app}.localhost")
    collector.keeps = True
    ask(servers["on"], app, 1, arguments.connections)
    time.sleep(FLUSH)
    collector.keeps = False
    size = collector.span_size()
    for server in servers.values():
        for _ in range(4):  # .NET compiles what is hot once more, and again when it has seen how it is used
            ask(server, app, 3, arguments.connections)
    time.sleep(FLUSH)
    collector.traces = 0
    offs, ons = [], []
    for _ in range(arguments.pairs):
        found = {name: ask(servers[name], app, arguments.seconds, arguments.connections) for name in random.sample(sorted(servers), 2)}
        offs.append(found["off"])
        ons.append(found["on"])
    time.sleep(FLUSH)
    spans = collector.traces / size / sum(one.requests / one.rate for one in ons)
    rate, spent = (describe([getattr(one, of) for one in offs], [getattr(one, of) for one in ons]) for of in ("rate", "time"))
    kinds = " | ".join(" → ".join(f"{statistics.median(one.times[name] for one in side):.1f}" for side in (offs, ons)) for name in KINDS)
    print(f"| {app} | {rate} | {spent} | {kinds} | {spans:.0f} |", flush=True)


def describe(offs, ons):
    low, middle, high = statistics.quantiles([on / off for off, on in zip(offs, ons)], n=4)
    return f"{statistics.median(offs):.0f} | {statistics.median(ons):.0f} | {middle:.3f} ({low:.3f} to {high:.3f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--seconds", type=int, default=1)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--apps", nargs="*", default=list(APPS), choices=list(APPS))
    parser.add_argument("--threads", type=int, help="of a WSGI app; as many as the gateway sees fit by default")
    parser.add_argument("--all", action="store_true", help="every request is recorded")
    parser.add_argument("--no-spin", action="store_true", help="idle threads of .NET's pool sleep at once")
    parser.add_argument("--python", default="/usr/bin/python3", help="an interpreter that has Flask and FastAPI")
    arguments = parser.parse_args()
    collector = Collector()
    with tempfile.TemporaryDirectory() as root:
        for name, source in APPS.items():
            (pathlib.Path(root) / name).mkdir()
            (pathlib.Path(root) / name / "main.py").write_text(source)
        keys = {"DOTNET_ThreadPool_UnfairSemaphoreSpinLimit": "0"} if arguments.no_spin else {}
        sampler = {"OTEL_TRACES_SAMPLER": "parentbased_always_on"} if arguments.all else {}
        options = ["--threads", str(arguments.threads)] if arguments.threads else []
        servers = {
            "off": gateway(root, arguments.python, *options, keys=keys),
            "on": gateway(root, arguments.python, *options, keys=keys | sampler | {
                "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.port}", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}),
        }
        try:
            names = " | ".join(f"{name} threads" for name in KINDS)
            print(f"| app | requests/s, off | exporting | ratio | CPU µs/request, off | exporting | ratio | {names} | spans/s that arrived |")
            print("|---" * (8 + len(KINDS)) + "|")
            for app in arguments.apps:
                measure(app, servers, collector, arguments)
        finally:
            for server in servers.values():
                server.stop()
    print(f"\nThe collector got {collector.received / 1e6:.1f} MB.")


if __name__ == "__main__":
    main()
