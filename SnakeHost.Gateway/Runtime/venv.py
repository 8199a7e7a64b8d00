"""A virtual environment: the space of the packages below it, shared by all generations that use it.

A reload of a tenant therefore costs what its own modules cost, not what its frameworks cost.
"""
import os
import site
import sys
import threading
import weakref

from . import context, finder
from .errors import VenvError
from .space import Space

_lock = threading.Lock()
_latest = {}  # real path → Venv: kept, since C extensions in it cannot be loaded again
_all = weakref.WeakValueDictionary()  # (real path, stamp) → Venv


class Venv(Space):
    def __init__(self, directory, packages, sees_system):
        self.directory = directory
        self.packages = packages
        self.sees_system = sees_system
        self.external = []  # directories outside of it that its .pth files name: the tenant's own code, as a rule
        base = list(list.__iter__(sys.path))
        hidden = [] if sees_system else base_packages(base)
        super().__init__([entry for entry in base if entry not in hidden])
        self.shadowed = frozenset(hidden)
        self._read_packages()

    def __repr__(self):
        return f"<Venv {self.directory}>"

    def keeps_private(self, top):
        return False

    def reads_source(self, file):
        return False

    def find(self, name, path):
        if path is None:
            return finder.find_top(self, name)
        return finder.find_in(self, name, path) if self.owners[name] is self.modules else None

    def find_submodule(self, name, path):
        return finder.find_in(self, name, path)

    def is_own(self, directory):
        return False  # its finders may live in sys.path_importer_cache: it lives as long

    def _read_packages(self):
        """Let `site` process the .pth files, with this space current so that what they add is added to it."""
        known = self.path[:]
        token = context.variable.set(context.Execution(self, context.origin()))
        try:
            site.addsitedir(self.packages, set())
        finally:
            context.variable.reset(token)
        added, root = [entry for entry in self.path if entry not in known], self.directory + os.sep
        if self.packages not in added:
            added.insert(0, self.packages)
        inside = [entry for entry in added if os.path.realpath(entry).startswith(root)]
        self.external = [entry for entry in added if entry not in inside]
        self.inside = inside
        self.path[:] = added + known

    def owner_of(self, entry):
        return None if entry in self._shared_entries else self.modules


def find(directory):
    """The Venv of a directory; VenvError when it is none, or one of another Python version."""
    real = os.path.realpath(directory)
    packages, sees_system = _inspect(directory, real)
    key = (real, os.stat(packages).st_mtime_ns)  # installing or removing a package changes the stamp
    with _lock:
        venv = _all.get(key)
        if venv is None:
            venv = Venv(real, packages, sees_system)
            _all[key] = venv
            _latest[real] = venv
    return venv


def _inspect(directory, real):
    settings = _settings(directory, os.path.join(real, "pyvenv.cfg"))
    ours = f"{sys.version_info[0]}.{sys.version_info[1]}"
    packages = os.path.join(real, "Lib", "site-packages")
    if os.name != "nt":
        packages = os.path.join(real, "lib", f"python{ours}", "site-packages")
    theirs = ".".join((settings.get("version") or settings.get("version_info") or "").split(".")[:2])
    if not theirs:
        others = sorted(n for n in os.listdir(os.path.join(real, "lib")) if n.startswith("python"))
        theirs = others[0][len("python"):] if others and not os.path.isdir(packages) else ours
    if theirs != ours:
        raise VenvError(
            f"the virtual environment {directory} is for Python {theirs}, but the gateway runs Python {ours}: "
            f"make it again with python{ours} -m venv, or start the gateway with python{theirs}")
    if not os.path.isdir(packages):
        raise VenvError(f"the virtual environment {directory} has no {os.path.relpath(packages, real)}")
    return packages, settings.get("include-system-site-packages", "").lower() == "true"


def _settings(directory, file):
    try:
        with open(file, encoding="utf-8") as lines:
            pairs = [line.partition("=") for line in lines]
    except OSError:
        raise VenvError(f"{directory} is not a virtual environment: it has no pyvenv.cfg") from None
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def base_packages(path):
    """The entries of a search path that hold installed packages rather than the standard library."""
    known = set(site.getsitepackages())
    user = site.getusersitepackages()
    return [
        entry for entry in path
        if entry in known or entry == user or os.path.basename(entry) in ("site-packages", "dist-packages")
    ]
