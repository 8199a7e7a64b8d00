#!/usr/bin/env python3
"""Apps that are edited in every way while many clients ask them.

    bench/chaos/run [--seconds 60] [--python PATH] [--tenants 20] [--clients 32] [--seed N]

Counts answers that are
  failed: of an unexpected status,
  stale:  of old code, though the request was sent after the save had returned,
  mixed:  another app's, another request's, or of two versions at once,
  cut:    broken off,
  hung:   not there after 20 s.
What may be expected follows from what was on disk while the request was under way. The exit code is 1 if there is any but failed ones. The seed
chooses the edits and requests; the rest is up to the machine.
"""
import argparse
import asyncio
import collections
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "reload"))
import edits  # noqa: E402
from app import App  # noqa: E402
from clients import FAULTS, Client, Results  # noqa: E402
from servers import GATEWAY, free_port, gateway  # noqa: E402

EDITORS = 4
SHOWN = 20  # faults that are printed whole


async def edit(apps, chosen, until, counts):
    """One edit after the other of some of the apps."""
    async def pause():
        await asyncio.sleep(chosen.choice((0, 0.001, 0.01, 0.03, 0.1, 0.2)))

    while not until.is_set():
        app = chosen.choice(apps)
        kind = chosen.choice(edits.fitting(app))
        await kind(app, chosen, pause)
        counts[kind.__name__] += 1
        await asyncio.sleep(chosen.random() * 0.15)


async def chaos(port, apps, options, results, counts):
    until = asyncio.Event()
    clients = [Client(n, port, apps, results, random.Random(f"{options.seed} {n}"), options.patience) for n in range(options.clients)]
    tasks = [asyncio.create_task(client.run(until)) for client in clients]
    editors = [
        asyncio.create_task(edit(apps[n::EDITORS], random.Random(f"{options.seed} editor {n}"), until, counts))
        for n in range(min(EDITORS, len(apps)))]
    await asyncio.wait([*tasks, *editors], timeout=options.seconds, return_when=asyncio.FIRST_EXCEPTION)
    until.set()
    await asyncio.gather(*tasks, *editors)


async def ask_all(port, apps, results, patience):
    """Each app once, so that all are loaded, in their newest version."""
    client = Client("all", port, apps, results, random.Random(0), patience)
    for app in apps:
        await asyncio.wait_for(client.ask(app), patience)
    client.close()


def usage(pid):
    """Resident MB, threads, descriptors."""
    status = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(status["VmRSS"].split()[0]) // 1024, int(status["Threads"]), sum(1 for _ in pathlib.Path(f"/proc/{pid}/fd").iterdir())


def at_rest(server, admin, apps, limit):
    """`usage` when all apps are ready and threads and descriptors have not changed for a second."""
    deadline, last, since = time.monotonic() + limit, None, time.monotonic()
    while True:
        with urllib.request.urlopen(f"http://127.0.0.1:{admin}/api/tenants") as answer:
            states = {tenant["id"]: tenant["state"] for tenant in json.load(answer)}
        now = usage(server.process.pid)
        if now[1:] != last:
            last, since = now[1:], time.monotonic()
        is_ready = all(states.get(app.name) == "ready" for app in apps) and time.monotonic() - since > 1
        if is_ready or time.monotonic() > deadline:
            return now
        time.sleep(0.1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--python", default="python3", help="the interpreter of the gateway [python3]")
    parser.add_argument("--tenants", type=int, default=20)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--patience", type=float, default=20, help="seconds after which an answer counts as hung")
    parser.add_argument("--settle", type=float, default=60, help="seconds between the last request and the second look at memory, threads and descriptors [60]")
    parser.add_argument("--isolation", choices=("auto", "shared", "process"), default="auto", help="of the apps [auto]")
    parser.add_argument("--program", type=pathlib.Path, default=GATEWAY, help="the gateway's assembly")
    parser.add_argument("--log", type=pathlib.Path, help="where to write what the gateway has printed")
    options = parser.parse_args()

    version = subprocess.run(
        [options.python, "-c", "import sys; print('python%d.%d' % sys.version_info[:2])"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    results, counts = Results(), collections.Counter()
    with tempfile.TemporaryDirectory(prefix="snakehost-chaos-") as folder:
        root = pathlib.Path(folder)
        (root / "store").mkdir()
        apps = [App(number, root, root / "store", f"lib/{version}/site-packages") for number in range(options.tenants)]
        admin = free_port()
        # In Development templates count, too.
        server = gateway(
            root, options.python, "--admin", f"127.0.0.1:{admin}", "--isolation", options.isolation, "--Logging:LogLevel:Default=Warning",
            keys={"DOTNET_ENVIRONMENT": "Development"}, program=options.program)
        try:
            asyncio.run(ask_all(server.port, apps, results, options.patience))
            start = at_rest(server, admin, apps, options.patience)
            asyncio.run(chaos(server.port, apps, options, results, counts))
            asyncio.run(ask_all(server.port, apps, results, options.patience))
            time.sleep(options.settle)
            end = usage(server.process.pid)
        finally:
            server.stop()
        report(options, version, results, counts, start, end)
        if server.process.returncode != 0:
            print(f"\nThe gateway ended with {server.process.returncode}.")
        if options.log is not None:
            options.log.write_text(server.output())
    return 1 if server.process.returncode or any(results.counts[fault] for fault in FAULTS[1:]) else 0


def report(options, version, results, counts, start, end):
    print(f"{version}, {options.tenants} apps, {options.clients} clients, {options.seconds:g} s, seed {options.seed}\n")
    names = ("requests", "messages", *FAULTS)
    print(f"| edits | {' | '.join(names)} |\n|{'---:|' * (len(names) + 1)}")
    print(f"| {sum(counts.values())} | {' | '.join(str(results.counts[name]) for name in names)} |\n")
    print("| | memory MB | threads | descriptors |\n|---|---:|---:|---:|")
    for name, figures in (("before", start), ("after", end)):
        print(f"| {name} | {' | '.join(map(str, figures))} |")
    print("\nEdits: " + ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in sorted(counts.items())))
    for fault in results.faults[:SHOWN]:
        print(f"\n{fault}")


if __name__ == "__main__":
    sys.exit(main())
