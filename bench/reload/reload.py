#!/usr/bin/env python3
"""From a save to the first answer of the new code. See bench/README.md."""
import argparse
import asyncio
import pathlib
import random
import statistics
import tempfile
import time

from servers import GATEWAY, Server, free_port, gateway, peers, save


def measure(server, directory, framework, edits, host=None):
    """(milliseconds of each edit, failed requests, stale answers of requests sent after the save had returned)"""
    times, failed, stale = [], 0, 0
    for version in range(1, edits + 1):
        time.sleep(random.uniform(0.6, 1.1))  # out of step with whoever polls
        save(directory, framework, version)
        saved = time.perf_counter()
        while True:
            began = time.perf_counter()
            status, text = server.get(host=host)
            if (status, text) == (200, f"v{version}"):
                times.append((time.perf_counter() - saved) * 1000)
                break
            if status == 200:
                stale += 1
            else:
                failed += 1
            if began - saved > 30:
                raise SystemExit(f"no new answer within 30 s: {status} {text}\n{server.output()}")
            time.sleep(max(0.0, 0.005 - (time.perf_counter() - began)))
    return times, failed, stale


def compare(python, edits, program=GATEWAY, isolation="auto"):
    """(framework, server, *what `measure` returns) of each server on each framework."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="snakehost-bench-") as folder:
        root = pathlib.Path(folder)
        for framework in ("flask", "fastapi"):
            directory = root / framework
            directory.mkdir()
            save(directory, framework, 0)
        ours = gateway(root, python, "--isolation", isolation, program=program)
        try:
            for framework in ("flask", "fastapi"):
                host = f"{framework}.localhost"
                ours.wait("v0", host=host)
                rows.append((framework, "SnakeHost", *measure(ours, root / framework, framework, edits, host)))
        finally:
            ours.stop()
        for framework in ("flask", "fastapi"):
            for name, command in peers(framework, python).items():
                save(root / framework, framework, 0)
                port = free_port()
                server = Server([part.replace("PORT", str(port)) for part in command], root / framework, port)
                try:
                    server.wait("v0")
                    rows.append((framework, name, *measure(server, root / framework, framework, edits)))
                finally:
                    server.stop()
    return rows


def latency(arguments):
    rows = compare(arguments.python, arguments.edits, isolation=arguments.isolation)
    print("| app | server | median ms | min | max | failed | stale | of the best peer |\n|---|---|---:|---:|---:|---:|---:|---:|")
    for framework, name, times, failed, stale in rows:
        best = min(statistics.median(row[2]) for row in rows if row[0] == framework and row[1] != "SnakeHost")
        median = statistics.median(times)
        print(f"| {framework} | {name} | {median:.0f} | {min(times):.0f} | {max(times):.0f} | {failed} | {stale} | {median / best:.2f} |")


async def client(port, host, until, times, failures):
    """One connection, one request after the other."""
    request = f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while not until.is_set():
        began = time.perf_counter()
        try:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(length)
            if not head.startswith(b"HTTP/1.1 200"):
                failures.append(head)
        except (OSError, asyncio.IncompleteReadError, StopIteration) as error:
            failures.append(repr(error))
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        times.append((time.perf_counter() - began) * 1000)
    writer.close()


async def under_load(port, root, edits, connections):
    until = asyncio.Event()
    results = {name: ([], []) for name in ("edited", "other")}
    clients = [
        asyncio.create_task(client(port, f"{name}.localhost", until, *results[name]))
        for name in results for _ in range(connections // 2)]
    for version in range(1, edits + 1):
        await asyncio.sleep(0.5)
        if edits > 0 and root is not None:
            save(root / "edited", "flask", version)
    until.set()
    await asyncio.gather(*clients)
    return results


def load(arguments):
    """64 connections, half on a tenant that is edited twice a second, half on another."""
    with tempfile.TemporaryDirectory(prefix="snakehost-bench-") as folder:
        root = pathlib.Path(folder)
        for name in ("edited", "other"):
            (root / name).mkdir()
            save(root / name, "flask", 0)
        server = gateway(root, arguments.python, "--isolation", arguments.isolation, "--Logging:LogLevel:Default=Warning")
        try:
            for name in ("edited", "other"):
                server.wait("v0", host=f"{name}.localhost")
            print("| edits | tenant | requests | failed | p50 ms | p99 ms |\n|---|---|---:|---:|---:|---:|")
            for label, edited in (("warm-up", None), ("none", None), ("2 per s", root)):
                results = asyncio.run(under_load(server.port, edited, arguments.edits, 64))
                for name, (times, failures) in results.items():
                    cuts = statistics.quantiles(times, n=100)
                    print(f"| {label} | {name} | {len(times)} | {len(failures)} | {cuts[49]:.1f} | {cuts[98]:.1f} |")
        finally:
            server.stop()


def memory(arguments):
    """Resident memory over many reloads of one tenant."""
    def resident():
        status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024

    with tempfile.TemporaryDirectory(prefix="snakehost-bench-") as folder:
        root = pathlib.Path(folder)
        (root / "app").mkdir()
        save(root / "app", arguments.framework, 0)
        server = gateway(root, arguments.python, "--isolation", arguments.isolation, "--Logging:LogLevel:Default=Warning")
        try:
            server.wait("v0", host="app.localhost")
            print("| reloads | resident MB |\n|---:|---:|")
            for version in range(1, arguments.reloads + 1):
                save(root / "app", arguments.framework, version)
                answer = server.get(host="app.localhost")
                if answer != (200, f"v{version}"):
                    raise SystemExit(f"edit {version}: {answer}")
                if version in (50, arguments.reloads) or version % 250 == 0:
                    print(f"| {version} | {resident():.1f} |", flush=True)
        finally:
            server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", choices=("latency", "load", "memory"), default="latency")
    parser.add_argument("--python", default="/usr/bin/python3", help="has flask, fastapi, uvicorn and gunicorn")
    parser.add_argument("--edits", type=int, default=30)
    parser.add_argument("--reloads", type=int, default=1000)
    parser.add_argument("--isolation", choices=("auto", "shared", "process"), default="auto", help="of SnakeHost's apps")
    parser.add_argument("--framework", choices=("flask", "fastapi"), default="flask", help="for memory")
    arguments = parser.parse_args()
    {"latency": latency, "load": load, "memory": memory}[arguments.what](arguments)


if __name__ == "__main__":
    main()
