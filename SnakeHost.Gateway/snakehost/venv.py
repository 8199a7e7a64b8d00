"""A virtual environment: the space of the packages below it, shared by all generations that use it.

A reload of a tenant therefore costs what its own modules cost, not what its frameworks cost. Packages stay loaded as long as what they come
from is installed (shelves.py), also when others are added, changed or removed.
"""
import os
import site
import sys
import threading

from . import alone, context, finder, namespaces, startup
from .errors import VenvError
from .installed import Installed
from .shelves import Change, Shelf
from .space import Space

_places = {}  # real path → _Place: kept, since C extensions in it cannot be loaded again


class Venv(Space):
    """One state of a virtual environment. `before` is the one that it follows, by a Change."""

    def __init__(self, directory, packages, sees_system, origin, before=None, change=None):
        self.directory = directory
        self.packages = packages
        self.sees_system = sees_system
        self.external = []  # directories outside of it that its .pth files name: each tenant's own code
        self.outside = {}  # stands for the table of what is found there: this space has none for it
        self.started = False
        self.environment = {} if before is None else dict(before.environment)  # what its own code has put into os.environ
        self.environments = (self.environment,)
        self.shelves = {} if change is None else change.kept
        self.blocked = {} if change is None else change.blocked  # top-level name → why it cannot be imported before the gateway is restarted
        self.starting = set()  # top-level names of what has changed the import system while it started: as often as it starts
        base = list(list.__iter__(sys.path))
        hidden = [] if sees_system else base_packages(base)
        super().__init__([entry for entry in base if entry not in hidden])
        for name, put in ({} if before is None else before.claims).items():
            if isinstance(name, str) and name.partition(".")[0] in self.shelves:
                self.claims[name] = put
        namespaces.move(self.shelves.values(), self)
        self.shadowed = frozenset(hidden)
        self.inside = [packages]
        self.installed = Installed(self.inside)
        self._forget_listings()
        self._start(origin)
        if self.inside != [packages]:
            self.installed = Installed(self.inside)

    def __repr__(self):
        return f"<Venv {self.directory}>"

    def keeps_private(self, top):
        return False

    def reads_source(self, file):
        return False

    def owns(self, table):
        return isinstance(table, Shelf)

    def tables(self):
        return (*self.shelves.values(), self.modules)

    def shelf(self, top):
        """The table of a top-level name that is found in this environment."""
        found = self.shelves.get(top)
        if found is None:
            self.installed.look_again(top)
            found = self.shelves.setdefault(top, Shelf())
        return found

    def locate(self, top):
        spec, table = super().locate(top)
        if table is self.outside and not self.started:
            table = self.modules  # what is imported while it starts cannot be a tenant's
        return spec, self.shelf(top) if table is self.modules else table

    def find(self, name, path):
        if path is None:
            if name in self.blocked:
                alone.ask(self.blocked[name].rpartition(":")[0])
                raise ImportError(self.blocked[name], name=name)
            return finder.find_top(self, name) if not self._leads_outside(name) else None
        return finder.find_in(self, name, path) if self.owns(self.places[name]) else None

    def find_submodule(self, name, path):
        return finder.find_in(self, name, path)

    def is_own(self, directory):
        return False  # its finders may live in sys.path_importer_cache: it lives as long

    def owner_of(self, entry):
        if entry in self._shared_entries:
            return None
        return self.outside if entry in self.external else self.modules  # which stands for the name's shelf: see locate

    def owner_of_file(self, file):
        return self.outside if self.maps(file) else self.modules

    def maps(self, file):
        """Whether a file or directory is none of its own, nor the base installation's: an editable install's, if a finder of this environment has it."""
        if not isinstance(file, str) or not os.path.isabs(file):
            return False
        places = [self.directory, *self.shadowed, *(entry for entry in self._shared_entries if os.path.isabs(entry))]
        return not any((path + os.sep).startswith(place.rstrip(os.sep) + os.sep) for place in places for path in (file, os.path.realpath(file)))

    def _rank(self, table):
        return 2 if table is None else 0 if table is self.outside else 1

    def _leads_outside(self, name):
        """A package of this environment asks for what is the tenant's own code: so the tenant needs a copy of that package."""
        if not self.started or not (self.external or self.installed_finders()) or self.locate(name)[1] is not self.outside:
            return False
        origin = context.origin()
        if origin is not None:
            origin.needs_private(name)
        return True

    def added(self, installed):
        """Packages have come, or gone that nobody had loaded."""
        self.installed = installed
        self._forget_listings()
        self.tops = {top: table for top, table in self.tops.items() if table is self.shelves.get(top) and table}
        self.changed()

    def finders_changed(self):
        super().finders_changed()
        frame = None if self.started else sys._getframe(1)
        while frame is not None:
            top = str(frame.f_globals.get("__name__")).partition(".")[0]
            if top in self.shelves:
                self.starting.add(top)
            frame = frame.f_back

    def home(self, key):
        return self.shelf(key.partition(".")[0]) if isinstance(key, str) else self.modules

    def loaded(self, name):
        """A module of this environment, None if there is none of that name."""
        shelf = self.shelves.get(name.partition(".")[0]) if isinstance(name, str) else None
        return None if shelf is None else shelf.get(name)

    def forget_modules(self):
        """`sys.modules.clear()` by one of its modules: others use what is loaded."""

    def _start(self, origin):
        """Let `site` process the .pth files, with this space current so that what they add is added to it."""
        known = self.path[:]
        token = context.variable.set(context.Execution(self, origin))
        try:
            startup.read(self.packages)
            added, root = [entry for entry in self.path if entry not in known], self.directory + os.sep
            if self.packages not in added:
                added.insert(0, self.packages)
            self.inside = [entry for entry in added if os.path.realpath(entry).startswith(root)]
            self.external = [entry for entry in added if entry not in self.inside]
            self.path[:] = added + known
            startup.customize(self)
        finally:
            context.variable.reset(token)
        self.started = True
        self.tops = {top: table for top, table in self.tops.items() if table}
        self.changed()

    def _forget_listings(self):
        """Python trusts a directory's time, which may be the same after a second change at once."""
        for entry in self.inside:
            for cache in (sys.path_importer_cache, self.importers):
                found = dict.get(cache, entry)
                if hasattr(found, "invalidate_caches"):
                    found.invalidate_caches()


class _Place:
    """A directory that holds, or held, a virtual environment."""

    def __init__(self):
        self.lock = threading.Lock()
        self.venv = None
        self._retired = []

    def current(self, directory, packages, sees_system, origin):
        venv = self.venv
        if venv is None:
            self.venv = Venv(directory, packages, sees_system, origin)
            return self.venv
        installed = Installed(venv.inside)
        same_kind = (venv.packages, venv.sees_system) == (packages, sees_system)
        if same_kind and venv.installed == installed:
            return venv
        restarts = not same_kind or venv.installed.startup != installed.startup
        change = Change(directory, venv.installed, venv.shelves, installed, self._retired, restarts, venv.starting)
        if not change.restarts:
            venv.added(installed)
            return venv
        self.venv = Venv(directory, packages, sees_system, origin, venv, change)
        for name, sentence in change.blocked.items():
            if name not in venv.blocked and not (origin is not None and origin.movable):  # who imports it moves, and the others go on
                startup.tell(self.venv, origin, sentence)
        return self.venv


def find(directory, origin=None):
    """The Venv of a directory; VenvError when it is none, or one of another Python version.

    `origin` is the generation that is to use it: what its start prints is said to that one.
    """
    real = os.path.realpath(directory)
    packages, sees_system = _inspect(directory, real)
    place = _places.setdefault(real, _Place())
    with place.lock:  # one that hangs while it starts holds up no other
        return place.current(real, packages, sees_system, origin)


def packages(directory):
    """Where the packages of a virtual environment are; VenvError when it is none."""
    return _inspect(directory, os.path.realpath(directory))[0]


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
            f"make it again with python{ours} -m venv, start the gateway with python{theirs}, or give the app a process of its own (Isolation)")
    if not os.path.isdir(packages):
        raise VenvError(f"the virtual environment {directory} has no {os.path.relpath(packages, real)}")
    return packages, settings.get("include-system-site-packages", "").lower() == "true"


def _settings(directory, file):
    try:
        with open(file, encoding="utf-8") as lines:
            pairs = [line.partition("=") for line in lines]
    except OSError:
        if os.path.isdir(os.path.join(directory, "conda-meta")):
            raise VenvError(f"{directory} is a conda environment, for whose packages only its own Python will do: give the app a process of its own (Isolation)") from None
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
