"""Measures the gateway of this tree beside that of another commit, so that a change can show that nothing is slower.

Both run at the same time and are asked in turn, in pairs of short rounds whose order changes: what the machine does beside that meets both. The ratio of each pair
counts. Two processes of the same build differ by several percent for as long as they live (where memory lies, what the JIT compiler has seen first), so both are started
anew several times; the table has the median of the starts' medians, and how far these lie apart. Processor time is that of the gateway's process, per answer: it depends
less on neighbours.
"""
import argparse
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile

import apps
import load
import peers
import processes

APPS = ("wsgi", "flask", "django", "asgi", "fastapi")


def publish(commit, target):
    """The gateway of a commit; None: of this tree."""
    with tempfile.TemporaryDirectory(prefix="snakehost-compare-") as folder:
        tree = peers.REPOSITORY
        if commit is not None:
            tree = pathlib.Path(folder) / "tree"
            subprocess.run(["git", "-C", peers.REPOSITORY, "worktree", "add", "--detach", "--quiet", tree, commit], check=True)
        try:
            subprocess.run(["dotnet", "publish", "SnakeHost.Gateway", "-c", "Release", "-v", "quiet", "-o", target], cwd=tree, check=True)
        finally:
            if commit is not None:
                subprocess.run(["git", "-C", peers.REPOSITORY, "worktree", "remove", "--force", tree], check=True)
    return pathlib.Path(target) / "SnakeHost.Gateway.dll"


def measure(server, app, seconds, connections=64):
    """(answers per second, microseconds of the process per answer)"""
    pids = processes.group(server.process.pid)
    before = processes.cpu(pids)
    result = load.wrk(server.port, f"{app}.localhost", seconds=seconds, connections=connections)
    if result.errors:
        raise SystemExit(f"{result.errors} errors of {app}: no result.\n{server.output()}")
    return result.rate, (processes.cpu(pids) - before) / (result.rate * seconds) * 1e6


def main():
    parser = argparse.ArgumentParser(prog="bench/compare", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", metavar="BASE", help="a commit")
    parser.add_argument("apps", nargs="*", metavar="APP", choices=[*APPS, []], help=f"which of {', '.join(APPS)}; all if none is named")
    parser.add_argument("--starts", type=int, default=5, help="of both")
    parser.add_argument("--pairs", type=int, default=5, help="of each start")
    parser.add_argument("--seconds", type=int, default=2, help="of load for each side of a pair")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--python", default=peers.PYTHON)
    arguments = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("bench/compare needs Debian's wrk.")
    peers.use(arguments.python)
    commit = subprocess.run(["git", "-C", peers.REPOSITORY, "rev-parse", "--short", arguments.base + "^{commit}"], check=True, capture_output=True, text=True).stdout.strip()
    with tempfile.TemporaryDirectory(prefix="snakehost-compare-") as folder:
        root = pathlib.Path(folder) / "apps"
        root.mkdir()
        apps.write(root)
        programs = {"base": publish(commit, pathlib.Path(folder) / "base"), "this": publish(None, pathlib.Path(folder) / "this")}
        print(f"| app | answers/s of {commit} | of this | ratio | of the starts | µs of processor per answer, ratio | of the starts |\n|---|---:|---:|---:|---|---:|---|")
        for app in arguments.apps or APPS:
            starts = [pairs_of_a_start(programs, root, app, arguments) for _ in range(arguments.starts)]
            rates = [statistics.median(pair[side][0] for pairs in starts for pair in pairs) for side in (0, 1)]
            ratio, spent = ([statistics.median(this[of] / base[of] for base, this in pairs) for pairs in starts] for of in (0, 1))
            print(f"| {app} | {rates[0]:,.0f} | {rates[1]:,.0f} | {summary(ratio)} | {summary(spent)} |", flush=True)


def pairs_of_a_start(programs, root, app, options):
    """[(of the base, of this tree)], each as `measure` gives it."""
    servers = {name: peers.gateway(program, root) for name, program in programs.items()}
    try:
        for server in servers.values():
            measure(server, app, options.seconds, options.connections)  # warms up
        pairs = []
        for _ in range(options.pairs):
            order = list(servers)
            random.shuffle(order)
            found = {name: measure(servers[name], app, options.seconds, options.connections) for name in order}
            pairs.append((found["base"], found["this"]))
        return pairs
    finally:
        for server in servers.values():
            server.stop()


def summary(ratios):
    return f"{statistics.median(ratios):.3f} | {min(ratios):.3f} to {max(ratios):.3f}"
