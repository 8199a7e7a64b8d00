"""What a private copy of a library costs a tenant: memory, and time of each load.

    python3 bench/private/private.py [--tenants 8] [--python /usr/bin/python3] [LIBRARY ...]

For each library that the interpreter has: tenants that import it, in one process, once with the library shared and once with PrivatePackages naming it. Memory is
VmRSS after the first two tenants, who load what all share. The Python half of the gateway runs without the gateway.
"""
import argparse
import importlib.util
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time

RUNTIME = pathlib.Path(__file__).resolve().parents[2] / "SnakeHost.Gateway" / "snakehost"
# What an app that uses the library imports: module, and what PrivatePackages would name.
LIBRARIES = {
    "sqlmodel": ("sqlmodel", "sqlmodel"),
    "sqlalchemy": ("sqlalchemy.orm", "sqlalchemy"),
    "pydantic": ("pydantic", "pydantic"),
    "marshmallow": ("marshmallow", "marshmallow"),
    "prometheus_client": ("prometheus_client", "prometheus_client"),
    "opentelemetry": ("opentelemetry.sdk.trace, opentelemetry.sdk.metrics, opentelemetry.sdk._logs", "opentelemetry"),
    "opentelemetry below fastapi": ("fastapi, opentelemetry.sdk.trace, opentelemetry.sdk.metrics, opentelemetry.sdk._logs", "opentelemetry"),
    "protobuf": ("google.protobuf.descriptor_pool, google.protobuf.message, google.protobuf.timestamp_pb2, google.protobuf.internal.builder", "protobuf"),
    "sentry_sdk": ("sentry_sdk", "sentry_sdk"),
    "blinker below flask": ("flask, blinker", "blinker"),
    "django": ("django.db.models, django.urls, django.core.handlers.wsgi", "django"),
    "bottle": ("bottle", "bottle"),
}
LOADS = 5


def resident():
    """MiB."""
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path("/proc/self/status").read_text())[1]) / 1024


def measure(imports, private, count):
    """In a process of its own: prints MiB of a further tenant, median ms of its load, and the modules that it has."""
    spec = importlib.util.spec_from_file_location("snakehost", RUNTIME / "__init__.py", submodule_search_locations=[str(RUNTIME)])
    package = sys.modules["snakehost"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)
    package.install(lambda *line: None)
    living, times = [], []
    with tempfile.TemporaryDirectory() as root:
        def load(name):
            def work():
                generation = package.Generation(name, folder, None, [private] if private else [], {})
                generation.enter()
                package.load(generation, "main:app")
                living.append(generation)
            folder = os.path.join(root, name)
            os.makedirs(folder, exist_ok=True)
            pathlib.Path(folder, "main.py").write_text(f"import {imports}\ndef app(environ, start_response): return []\n")
            thread = threading.Thread(target=work, daemon=True)
            start, expected = time.perf_counter(), len(living) + 1
            thread.start()
            while len(living) < expected and thread.is_alive():
                time.sleep(0.0005)
            if len(living) < expected:
                sys.exit(1)
            return (time.perf_counter() - start) * 1000

        for n in range(2):
            load(f"t{n}")
        before = resident()
        for n in range(2, 2 + count):
            times.append(load(f"t{n}"))
        print((resident() - before) / count, statistics.median(times), living[-1].module_count)


def run(python, *arguments):
    done = subprocess.run([python, __file__, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return [float(word) for word in done.stdout.split()] if done.returncode == 0 else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tenants", type=int, default=8)
    parser.add_argument("--python", default="/usr/bin/python3", help="an interpreter that has the libraries")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("libraries", nargs="*")
    arguments = parser.parse_args()
    if arguments.measure:
        return measure(*arguments.measure, arguments.tenants)
    print("| library | load shared, ms | load private, ms | modules private | MiB shared | MiB private |\n|---|---|---|---|---|---|")
    for name, (imports, private) in LIBRARIES.items():
        if arguments.libraries and name not in arguments.libraries:
            continue
        common = ("--tenants", str(arguments.tenants), "--measure", imports)
        shared, own = run(arguments.python, *common, ""), run(arguments.python, *common, private)
        if shared is None:
            print(f"| {name} | not installed | | | | |")
        elif own is None:
            print(f"| {name} | {shared[1]:.1f} | fails | | {shared[0]:.2f} | |")
        else:
            print(f"| {name} | {shared[1]:.1f} | {own[1]:.1f} | {own[2]:.0f} | {shared[0]:.2f} | {own[0]:.2f} |", flush=True)


if __name__ == "__main__":
    main()
