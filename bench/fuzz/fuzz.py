"""Puts requests that are nearly right to the gateway and, side by side, to uvicorn and gunicorn, and lists where they disagree.

    bench/fuzz/run [--seed 1] [--count 3000] [--all]

Each request has a connection of its own, with another request behind it. What counts is what the apps have seen, and whether the second request was one:
a request is *taken* (the app has it, and the next one or none), *refused* (no app has any of it, or only a body that breaks off) or *otherwise* (the apps have seen something else, such as
a part of the body as a request). Everything is chosen by the seed. The exit code is 1 if the gateway takes a request with one change that all the others refuse, or if its WSGI and ASGI
apps see different requests.
"""
import argparse
import collections
import concurrent.futures
import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "reload"))
from nearly import NEXT, generate  # noqa: E402
from servers import free_port, gateway  # noqa: E402

SEEN = re.compile(rb"\[\[(.*?)\]\](?!\])", re.DOTALL)
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
WAIT = 0.5  # what has not been answered by then is waiting for more


def ask(port, host, request):
    """Statuses, and what apps have seen."""
    received = bytearray()
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        try:
            connection.sendall((request + NEXT).replace(b"HOST", host))
            connection.settimeout(WAIT)
            while data := connection.recv(65536):
                received += data
        except (TimeoutError, ConnectionError):
            pass
    return [int(status) for status in STATUS.findall(received)], [json.loads(text) for text in SEEN.findall(received)]


def outcome(statuses, seen):
    """In words; and the part of it that has to agree."""
    if not seen:
        return "refused", f"refused {statuses[0] if statuses else 'closed'}"
    following = len(seen) == 2 and seen[1][:2] == ["GET", "/next"]
    if seen[0][3] == "broken" and len(seen) == 1:
        return "refused", "broken"
    if following or (len(seen) == 1 and seen[0][1] != "/next"):
        # gunicorn answers one request a connection.
        return f"taken {seen[0]}", f"taken{'' if following else ' and closed'}, {seen[0]}"
    if len(seen) == 1:
        return "skipped", f"answered {statuses} without an app, then the next"
    return f"otherwise {seen}", f"otherwise, {seen}"


def start(command, folder, port):
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(200):
        if process.poll() is not None:
            raise SystemExit(f"{' '.join(map(str, command))} ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return process
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{command[0]} does not listen")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--python", default="/usr/bin/python3", help="an interpreter that has uvicorn and gunicorn")
    parser.add_argument("--all", action="store_true", help="list each disagreement, not one of each kind")
    options = parser.parse_args()

    processes, own = [], None
    folder = pathlib.Path(tempfile.mkdtemp(prefix="fuzz-"))
    try:
        servers = {}
        ports = [free_port() for _ in range(3)]
        for kind in ("wsgi", "asgi"):
            (folder / "apps" / kind).mkdir(parents=True)
            shutil.copy(HERE / "apps.py", folder / "apps" / kind / "seen_apps.py")
            (folder / "apps" / kind / "main.py").write_text(f"from seen_apps import {kind} as app\n")
        own = gateway(folder / "apps", options.python)
        for kind in ("wsgi", "asgi"):
            servers[f"gateway {kind}"] = (own.port, f"{kind}.localhost".encode())
        for port, http in ((ports[0], "h11"), (ports[1], "httptools")):
            processes.append(start([options.python, "-m", "uvicorn", "--http", http, "--port", str(port), "--log-level", "critical", "--no-access-log", "apps:asgi"], HERE, port))
            servers[f"uvicorn {http}"] = (port, b"wsgi.localhost")
        processes.append(start([options.python, "-m", "gunicorn", "--workers", "4", "-b", f"127.0.0.1:{ports[2]}", "--log-level", "critical", "apps:wsgi"], HERE, ports[2]))
        servers["gunicorn"] = (ports[2], b"wsgi.localhost")
        for port, host in servers.values():
            ask(port, host, b"")
        return compare(servers, options)
    finally:
        if own is not None:
            own.stop()
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()
        shutil.rmtree(folder)


def compare(servers, options):
    disagreements, faults, counts = {}, [], collections.Counter()

    def judge(case):
        return *case, {name: outcome(*ask(*server, case[1])) for name, server in servers.items()}

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for name, request, answers in pool.map(judge, generate(options.seed, options.count)):
            ours, others = [answers[name] for name in servers if name.startswith("gateway")], [answers[name] for name in servers if not name.startswith("gateway")]
            if ours[0][0] != ours[1][0] and not differs_by_nature(ours):
                faults.append(("the gateway's apps differ", name, request, answers))
            # Of two changes each may have its own refusal by another server.
            if " + " not in name and ours[0][0] != "refused" and all(other[0] == "refused" for other in others):
                faults.append(("the gateway takes what all the others refuse", name, request, answers))
            if len({answer[0] for answer in answers.values()}) > 1:
                key = name if options.all else (re.sub(r" (first|inside|last)", "", name), *(answer[0].split()[0] for answer in answers.values()))
                disagreements.setdefault(key, (name, request, answers))
                counts[key] += 1
    print(f"{options.count} requests of seed {options.seed}: {sum(counts.values())} on which not all agree, of {len(counts)} kinds; {len(faults)} faults of the gateway\n")
    for key, (name, request, answers) in sorted(disagreements.items(), key=lambda item: item[1][0]):
        show(f"{name} ({counts[key]})", request, answers)
    for reason, name, request, answers in faults:
        show(f"FAULT, {reason}: {name}", request, answers)
    return 1 if faults else 0


def differs_by_nature(ours):
    """ASGI's path is text: bytes that are not UTF-8 are replaced."""
    return all("\\x" in answer[0] or "\u00ef\u00bf\u00bd" in answer[0] for answer in ours)


def show(title, request, answers):
    print(title)
    print(f"    {bytes(request)[:200]!r}")
    for server, (_, text) in answers.items():
        print(f"    {server:18}{text[:150]}")


if __name__ == "__main__":
    sys.exit(main())
