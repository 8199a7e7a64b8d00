"""Wheels that tests build, and what an installer does with them: unpack, write RECORD last, remove what RECORD names."""
import base64
import hashlib
import importlib.machinery
import importlib.util
import os
import shutil
import sys
import textwrap
import unittest
import zipfile


def build(folder, name, version, files, requires=(), top_level=True):
    """Write a wheel and return its path; `files` are {path: source text or bytes}."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n" + "".join(f"Requires-Dist: {r}\n" for r in requires)
    contents = {path: _bytes(source) for path, source in files.items()}
    contents[f"{info}/METADATA"] = metadata.encode()
    contents[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    rows = [f"{path},sha256={_digest(data)},{len(data)}" for path, data in contents.items()]
    contents[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", ""]).encode()
    os.makedirs(folder, exist_ok=True)
    wheel = os.path.join(folder, f"{name}-{version}-py3-none-any.whl")
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, data in contents.items():
            archive.writestr(path, data)
    return wheel


def install(wheel, packages, record=True):
    """Into a directory of packages, over what is there of the same name; without its RECORD as long as it is under way."""
    name, version = os.path.basename(wheel).split("-")[:2]
    uninstall(name, packages)
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(packages, [path for path in names if record or not path.endswith("/RECORD")])


def uninstall(name, packages):
    for info in [entry for entry in os.listdir(packages) if entry.startswith(f"{name}-") and entry.endswith(".dist-info")]:
        with open(os.path.join(packages, info, "RECORD"), encoding="utf-8") as record:
            paths = [line.rsplit(",", 2)[0] for line in record.read().splitlines()]
        compiled = [importlib.util.cache_from_source(path) for path in paths if path.endswith(".py")]
        for path in paths + compiled:
            try:
                os.remove(os.path.join(packages, path))
            except FileNotFoundError:
                pass
        for folder in {os.path.join(packages, os.path.dirname(path)) for path in paths if "/" in path}:
            if not any(names for where, _, names in os.walk(folder) if not where.endswith("__pycache__")):
                shutil.rmtree(folder, ignore_errors=True)


def any_extension():
    """A C extension of the standard library that is a file of its own, and its name."""
    for name in ("_lsprof", "_testbuffer", "_queue", "_csv", "_heapq", "_bisect", "_statistics"):
        spec = importlib.machinery.PathFinder.find_spec(name, list(sys.path))
        if spec is not None and isinstance(spec.loader, importlib.machinery.ExtensionFileLoader):
            return name, spec.origin
    raise unittest.SkipTest("every C extension is built into this interpreter")


def packages_of(venv):
    return os.path.join(venv, "lib", "python%d.%d" % sys.version_info[:2], "site-packages")


def _bytes(source):
    return source if isinstance(source, bytes) else textwrap.dedent(source).encode()


def _digest(data):
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
