"""What one more tenant costs: memory and time of its first request, in one gateway process.

    python3 bench/tenants/tenants.py [--tenants 1000] [--python /usr/bin/python3]

Two kinds of tenants, each in a process of its own: copies of the sample `hello` (standard library only) and Flask apps with 20 routes
whose modules all have the same names. Memory is VmRSS; the first 10 tenants are left out, since they load what all share: the process with these is given by itself,
as Pss, in which what several processes map counts by its share.
"""
import argparse
import pathlib
import re
import shutil
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "reload"))
from servers import REPOSITORY, gateway  # noqa: E402

WARM_UP = 10

MAIN = """from flask import Flask
import util

app = Flask(__name__)

@app.get("/")
def index():
    return util.NAME
""" + "".join(f"""
@app.get("/route{n}")
def route{n}():
    return "{n}"
""" for n in range(19))


def make_flask(directory, name):
    directory.mkdir()
    (directory / "main.py").write_text(MAIN)
    (directory / "util.py").write_text(f"NAME = {name!r}\n")


def make_hello(directory, name):
    shutil.copytree(REPOSITORY / "apps" / "hello", directory)


def resident(pid):
    """MiB."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def proportional(pid):
    """MiB."""
    return int(re.search(r"Pss:\s+(\d+)", pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text())[1]) / 1024


def measure(kind, make, count, python):
    with tempfile.TemporaryDirectory() as root:
        names = [f"t{n}" for n in range(count)]
        for name in names:
            make(pathlib.Path(root) / name, name)
        server = gateway(root, python, "--max-dynamic-apps", str(count), "--Logging:LogLevel:Default=Warning")
        try:
            times, failures = [], 0
            for n, name in enumerate(names):
                if n == WARM_UP:
                    before, first = resident(server.process.pid), proportional(server.process.pid)
                start = time.perf_counter()
                status, text = server.get(host=f"{name}.localhost")
                times.append((time.perf_counter() - start) * 1000)
                failures += status != 200 or (kind == "flask" and text != name)
            after = resident(server.process.pid)
            # All are still there, and none has become another.
            for name in names:
                status, text = server.get(host=f"{name}.localhost")
                failures += status != 200 or (kind == "flask" and text != name)
            each = (after - before) / (count - WARM_UP)
            median = statistics.median(times[WARM_UP:])
            print(f"| {kind} | {count} | {failures} | {first:.0f} | {each:.2f} | {median:.1f} | {after:.0f} |", flush=True)
        finally:
            server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tenants", type=int, default=1000)
    parser.add_argument("--python", default="/usr/bin/python3", help="an interpreter that has Flask")
    arguments = parser.parse_args()
    if arguments.tenants <= WARM_UP:
        parser.error(f"--tenants is {arguments.tenants}: it must be more than {WARM_UP}")
    print("| tenants | number | failures | with 10, Pss MiB | MiB each | first request, median ms | whole process, MiB |\n|---|---|---|---|---|---|---|")
    measure("hello", make_hello, arguments.tenants, arguments.python)
    measure("flask", make_flask, arguments.tenants, arguments.python)


if __name__ == "__main__":
    main()
