#!/usr/bin/env python3
"""From a command to its first answer: the published gateway beside uvicorn, on the same bare ASGI app, and where the gateway's time goes.

    python3 bench/start/start.py [--rounds 15] [--python /usr/bin/python3] [--program DIR/SnakeHost.Gateway.dll ...]

Each round starts all servers, one after the other, in changing order. *Wall* is from the start of the process to the answer's last byte, *CPU* the processor
time of the server up to then. Ratios are medians of the rounds' own ratios: a busy machine slows what it meets. The second table is of runs under strace,
which only notes when what is named first happens; it makes them slower, so read shares there. --program, given again, compares builds; without it the gateway is published.
"""
import argparse
import os
import pathlib
import re
import shutil
import statistics
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "throughput"))
import apps  # noqa: E402
import peers  # noqa: E402

UVICORN = "uvicorn"
# What is seen of a start from outside, in order: a phase ends when its mark is first met.
MARKS = (
    ("python3 runs its script", r'openat\(.*/(launch|gateway)\.py"'),
    (".NET is asked for", r'openat\(.*/libhostfxr\.so"'),
    ("its files are known", r'openat\(.*/libcoreclr\.so"'),
    ("the gateway's code begins", r'openat\(.*/SnakeHost\.Gateway\.dll"'),
    ("the Python half begins", r'openat\(.*/snakehost/(__init__\.py|__pycache__/__init__|.*\.snapshot)'),
    ("it listens", r"bind\(.*AF_INET"),
    ("the app is imported", r'openat\(.*/asgi/(main\.py|__pycache__/main)'),
)
FIRST = "a first .NET, which goes into python3"


def ask(port, deadline):
    """Asks until there is an answer."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", headers={"Host": "asgi.localhost"})
    while True:
        try:
            return urllib.request.urlopen(request, timeout=60).read()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.001)


def cpu(pid):
    """Seconds, in ticks of the kernel's."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def commands(programs, python, root):
    """name → command, with PORT in it."""
    options = ["--root", str(root), "--listen", "127.0.0.1:PORT", "--admin", "off", "--Logging:LogLevel:Default=Warning"]
    found = {}
    for program in programs:
        suffix = f" ({program.parent.name})" if len(programs) > 1 else ""
        found[f"gateway.py{suffix}"] = [python, str(program.parent / "gateway.py"), *options]
        found[f"dotnet{suffix}"] = ["dotnet", str(program), *options]
    found[UVICORN] = peers.ASGI["uvicorn"]
    return found


def start(command, folder, python):
    """(wall, CPU) in milliseconds."""
    began = time.perf_counter()
    server = peers.Server(command, folder, environment={"SnakeHost__Python__Executable": python})
    try:
        ask(server.port, time.monotonic() + 60)
        return (time.perf_counter() - began) * 1000, cpu(server.process.pid) * 1000
    finally:
        server.stop()


def phases(command, folder, python):
    """[(what, milliseconds)], by strace."""
    with tempfile.NamedTemporaryFile("r") as log:
        traced = ["strace", "-f", "--seccomp-bpf", "-s", "300", "-ttt", "-qq", "-e", "trace=execve,openat,bind", "-e", "signal=none", "-o", log.name, *command]
        server = peers.Server(traced, folder, environment={"SnakeHost__Python__Executable": python})
        try:
            ask(server.port, time.monotonic() + 120)
            answered = time.time()
        finally:
            server.stop()
        lines = [(float(match[1]), match[2]) for match in (re.match(r"\d+\s+([\d.]+) (.*)", line) for line in log) if match]
    lines = [(at, text) for at, text in lines if " = -1 " not in text]
    starts = [at for at, text in lines if text.startswith("execve(")]
    begun = max((at for at, text in lines if text.startswith("execve(") and ("launch.py" in text or "gateway.py" in text)), default=starts[0])
    found = []
    if begun > starts[0]:
        found.append((FIRST, (begun - starts[0]) * 1000))
    last = begun
    for what, pattern in MARKS:
        at = next((at for at, text in lines if at >= last and re.search(pattern, text)), None)
        if at is not None:
            found.append((what, (at - last) * 1000))
            last = at
    return [*found, ("the first answer", (answered - last) * 1000)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--python", default=peers.PYTHON, help="the interpreter of all; uvicorn has to be installed for it")
    parser.add_argument("--program", type=pathlib.Path, action="append", help="a published gateway's assembly")
    arguments = parser.parse_args()
    peers.use(arguments.python)
    programs = [path.resolve() for path in arguments.program or [peers.publish()]]
    with tempfile.TemporaryDirectory(prefix="snakehost-bench-") as root:
        apps.write(root)
        folder = pathlib.Path(root) / "asgi"
        servers = commands(programs, arguments.python, root)
        times = {name: [] for name in servers}
        names = list(servers)
        for round in range(arguments.rounds + 1):
            for name in names[round % len(names):] + names[:round % len(names)]:
                took = start(servers[name], folder, arguments.python)
                if round:  # the first one reads the files
                    times[name].append(took)
        print("| start to first answer, bare ASGI | wall ms | of uvicorn's | CPU ms | of uvicorn's |\n|---|---:|---:|---:|---:|")
        for name, values in times.items():
            wall = statistics.median(mine[0] / its[0] for mine, its in zip(values, times[UVICORN]))
            spent = sum(mine[1] for mine in values) / sum(its[1] for its in times[UVICORN])
            print(f"| {name} | {statistics.median(v[0] for v in values):.0f} | {wall:.2f} | {statistics.mean(v[1] for v in values):.0f} | {spent:.2f} |")
        if not shutil.which("strace"):
            return
        print("\n| until | " + " | ".join(names[:-1]) + " |\n|---|" + "---:|" * (len(names) - 1))
        traced = {name: [dict(phases(servers[name], folder, arguments.python)) for _ in range(max(1, arguments.rounds // 3))] for name in names[:-1]}
        for what in (FIRST, *(mark for mark, _ in MARKS), "the first answer"):
            cells = [[run[what] for run in traced[name] if what in run] for name in names[:-1]]
            print(f"| {what} | " + " | ".join(f"{statistics.median(cell):.0f}" if cell else "" for cell in cells) + " |")


if __name__ == "__main__":
    main()
