"""Measures SnakeHost beside its peers: publishes the gateway, installs the peers from Debian, prints and writes a table of medians and ratios.

Servers of a workload are measured in turn, round by round. Under 15 minutes.
"""
import argparse
import contextlib
import http.server
import os
import pathlib
import subprocess
import sys
import tempfile
import threading

import apps
import peers
import report
import workloads

PACKAGES = [
    "wrk", "gunicorn", "uvicorn", "uwsgi", "uwsgi-plugin-python3", "caddy", "python3-hypercorn", "python3-daphne", "python3-uvloop",
    "python3-httptools", "python3-websockets", "python3-flask", "python3-fastapi", "python3-django"]
PARTS = ("hello", "single", "bodies", "waiting", "sockets", "latency", "tenants", "reload", "start", "processes")


def install():
    listed = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Status}\n", *PACKAGES], capture_output=True, text=True, check=False).stdout
    missing = [name for name in PACKAGES if f"{name} install ok installed" not in listed]
    if missing:
        root = [] if os.geteuid() == 0 else ["sudo", "-n"]
        apt = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "Acquire::Check-Valid-Until=false"]  # a mirror may be of an earlier day
        subprocess.run([*apt, "update"], check=True, stdout=sys.stderr)
        subprocess.run([*apt, "install", "-y", "--no-install-recommends", *missing], check=True, stdout=sys.stderr)


class Collector(http.server.BaseHTTPRequestHandler):
    """Takes what is exported and throws it away."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def neighbours(count):
    """So many processes that compute all the time."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def main():
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help=f"which of {', '.join(PARTS)}; all but the last if none is named (latency needs hello)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=2, help="of load for each server and round")
    parser.add_argument("--python", default=peers.PYTHON, help="the interpreter of all servers; the peers have to be installed for it")
    parser.add_argument("--program", type=pathlib.Path, metavar="DIR/SnakeHost.Gateway.dll", help="a gateway that has been published, in place of this tree's")
    parser.add_argument("--busy", action="store_true", help="while something else computes on each processor")
    parser.add_argument("--output", type=pathlib.Path, help="the Markdown file; where no part is named, one in bench/results, named after the Python")
    arguments = parser.parse_args()
    if arguments.python == peers.PYTHON:
        install()
    peers.use(arguments.python)
    program = arguments.program.absolute() if arguments.program else peers.publish()
    collector = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=collector.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="snakehost-bench-") as root, neighbours(os.cpu_count() if arguments.busy else 0):
        apps.write(root)
        bench = workloads.Bench(program, root, arguments.rounds, arguments.seconds, collector.server_port)
        for part in arguments.parts or PARTS[:-1]:
            bench.say(f"== {part}")
            getattr(bench, part)()
    text = report.markdown(bench.rows, bench.facts, " ".join(["bench/run", *sys.argv[1:]]), peers.version_line(), arguments.busy)
    output = arguments.output
    if output is None and not arguments.parts:
        output = peers.REPOSITORY / "bench" / "results" / f"{peers.python_name()}{'-busy' if arguments.busy else ''}.md"
    if output is not None:
        output.parent.mkdir(exist_ok=True)
        output.write_text(text)
    print(text)
