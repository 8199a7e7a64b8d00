"""What exporting telemetry costs: requests per second with it and without, in pairs.

    python3 bench/telemetry/telemetry.py [--pairs 20] [--seconds 2] [--connections 16] [--python /usr/bin/python3]

Two gateways run side by side, one exporting to a collector that throws everything away; wrk asks one and then the other, in changing
order, so that a busy machine slows both. The ratio of each pair is what counts: the median of them, and the quartiles. Processor time
per request is the gateway's alone, and so feels less of what else runs on the machine. Needs wrk and a release build.
"""
import argparse
import asyncio
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading

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
}


class Collector:
    """Takes OTLP by HTTP and answers 200 to everything, as cheaply as Python can."""

    def __init__(self):
        self.received = self.requests = 0
        ready = threading.Event()
        threading.Thread(target=self._run, args=(ready,), daemon=True).start()
        ready.wait()

    def _run(self, ready):
        asyncio.run(self._serve(ready))

    async def _serve(self, ready):
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await server.serve_forever()

    async def _answer(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
                await reader.readexactly(length)
                self.received += length
                self.requests += 1
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


def processor_time(pid):
    """Seconds, of all threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ask(server, host, seconds, connections):
    """(requests per second, the gateway's processor time per request in ms)"""
    before = processor_time(server.process.pid)
    output = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-H", f"Host: {host}.localhost", f"http://127.0.0.1:{server.port}/"],
        capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise SystemExit(f"not all requests were answered:\n{output}")
    spent = processor_time(server.process.pid) - before
    requests = int(re.search(r"(\d+) requests in", output)[1])
    return float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1]), spent / requests * 1000


def measure(app, servers, arguments):
    rates, times = [], []
    for server in servers.values():
        server.wait("hello", host=f"{app}.localhost")
        ask(server, app, 8, arguments.connections)  # .NET compiles what is hot once more
    for _ in range(arguments.pairs):
        found = {name: ask(servers[name], app, arguments.seconds, arguments.connections) for name in random.sample(sorted(servers), 2)}
        rates.append((found["off"][0], found["on"][0]))
        times.append((found["off"][1], found["on"][1]))
    print(f"| {app} | {describe(rates, 0)} | {describe(times, 3)} |", flush=True)


def describe(pairs, digits):
    ratios = [on / off for off, on in pairs]
    low, middle, high = statistics.quantiles(ratios, n=4)
    off, on = (statistics.median(side) for side in zip(*pairs))
    return f"{off:.{digits}f} | {on:.{digits}f} | {middle:.3f} ({low:.3f} to {high:.3f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--apps", nargs="*", default=list(APPS), choices=list(APPS))
    parser.add_argument("--python", default="/usr/bin/python3", help="an interpreter that has Flask")
    arguments = parser.parse_args()
    collector = Collector()
    with tempfile.TemporaryDirectory() as root:
        for name, source in APPS.items():
            (pathlib.Path(root) / name).mkdir()
            (pathlib.Path(root) / name / "main.py").write_text(source)
        servers = {
            "off": gateway(root, arguments.python),
            "on": gateway(root, arguments.python, keys={
                "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.port}", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}),
        }
        try:
            print("| app | requests/s, off | exporting | ratio | CPU ms/request, off | exporting | ratio |\n|---|---|---|---|---|---|---|")
            for app in arguments.apps:
                measure(app, servers, arguments)
        finally:
            for server in servers.values():
                server.stop()
    print(f"\nThe collector got {collector.received / 1e6:.1f} MB in {collector.requests} requests.")


if __name__ == "__main__":
    main()
