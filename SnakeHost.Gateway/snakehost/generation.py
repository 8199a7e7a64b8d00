"""One loaded version of a tenant."""
import os
import sys
import types
import weakref

from . import builtin, context, debuggers, directory as directories, disposal, finder, private as closures, threads, venv as venvs
from .environ import encode_overlay
from .errors import NeedsPrivate
from .importers import contents
from .logs import LogState
from .space import Space


class Generation(Space):
    """Its modules, its search path, its environment, its threads.

    `id` names it in logs. `directory` is its working directory, `venv` a virtual environment's directory or None,
    `private` the shared packages of which it gets its own copy, `environment` what it adds to the process's, `movable` whether it may be
    loaded in a process of its own instead (alone.py).
    Raises VenvError when the venv cannot be used.
    """

    def __init__(self, id, directory, venv=None, private=(), environment=None, movable=False):
        self.id = id
        self.directory = os.path.abspath(directory)
        self.began = self.directory  # where its threads begin: the working directory, or where the app has changed to while it was imported
        self.files = {}  # path → (mtime in ns, size) of every source file it has read
        self.real_directory = os.path.realpath(self.directory)
        self.opened = {}  # files that it has opened, see reading.py
        self.builtins = builtin.make(self)
        self.lines = {}
        self.circles = []  # what is made for it and holds itself: classes; functions of modules in whose midst its load has failed
        self.exits = []
        self.thread_exits = []  # what runs before its threads are waited for
        self.started = {}
        self.work = set()  # futures of what it has handed to pools of threads, until they are done
        self.executors = weakref.WeakKeyDictionary()  # those that it has made → whether its own code did so
        self.processes = weakref.WeakSet()  # of multiprocessing, that it has started
        self.finalizers = weakref.WeakSet()  # of multiprocessing, that run at the end of a process
        self.logs = LogState()
        self.replaced = {}  # what it assigned to sys.stdout, sys.argv …
        self.warned = set()
        self.imports = []  # of its load: see profile.Profile.slowest
        self.slow_imports = []  # of its load, if that was traced: see profile.Profile.slowest
        self.wants_path_below_root = False  # see detection.py
        self.movable = movable  # until its load is over
        self.needs_process = None  # why it has to be
        self.loading = False  # while load() runs
        self.patched = None  # the package by whose greenlets it wants to run: see greenlets.py
        self.hub = None  # and their thread
        self.server = None  # of an ASGI app: see asgi.py
        self.disposed = False
        self._roots = {}
        self.private = set()  # nothing yet: what the start of a venv imports is the venv's
        self.environment = encode_overlay(environment or {})
        self.environments = (self.environment,)
        super().__init__([self.directory])  # whole, since a venv that starts runs code on behalf of this generation
        self.venv = venvs.find(venv, self) if venv else None
        base = list(list.__iter__(sys.path))
        below = base if self.venv is None else [e for e in self.venv.path if e not in self.venv.external]
        external = [] if self.venv is None else self.venv.external
        self.path += [*external, *(e for e in below if e not in ("", self.directory))]
        self._inside = frozenset()
        if self.venv is not None:
            self.join(self.venv)
            self.shadowed = self.venv.shadowed
            self._inside = frozenset(self.venv.inside)
            self.environments += tuple(self.venv.environments)
        self.path_changed()
        packages = [e for e in self.path if e in self._inside] + [
            e for e in venvs.base_packages(base) if e not in self.shadowed]
        self.private = set(closures.closure(list(private), packages))
        self._asked = (list(private), packages)
        self.modules["__main__"] = types.ModuleType("__main__")
        self.tops["__main__"] = self.modules

    @property
    def generation(self):
        return self

    @property
    def origin(self):
        return self

    @property
    def module_count(self):
        """Modules that only this generation has."""
        return sum(1 for name in list(self.modules) if name != "__main__")

    def has_globals(self, scope):
        """Whether they are of one of its own modules."""
        module = self.modules.get(scope.get("__name__"))
        return module is not None and getattr(module, "__dict__", None) is scope

    def source_files(self):
        """(path, mtime in ns, size) of every source file it has read; those whose names are no text cannot be told."""
        return [(path, *stamp) for path, stamp in list(self.files.items()) if path.isprintable()]

    def __repr__(self):
        try:
            return f"<Generation {self.id!s} in {self.directory!s}: {self.module_count} modules>"
        except Exception:
            return "<Generation>"

    # Running

    def enter(self):
        """Make the calling thread belong to this generation for good. True when it has its working directory."""
        context.variable.set(self)
        context.thread.generation = self
        threads.start_no_daemons()
        debuggers.entered()
        return directories.enter(self.began) or directories.enter(self.directory)

    def run(self, function, *args):
        """Call a function as code of this generation."""
        token = context.variable.set(self)
        before, context.thread.generation = context.thread.generation, self
        try:
            return function(*args)
        finally:
            context.thread.generation = before
            context.variable.reset(token)

    def threads(self):
        """Names of the threads that the tenant's code started and that still run."""
        return threads.names(self)

    def dispose(self, milliseconds=0, collects=True):
        """End it as CPython ends a process, and let go of everything. Errors are written to its stderr, never raised.

        So long do its threads, its work in pools and its child processes have to finish; below zero as long as they like.
        `collects` is false when the process ends next, and memory need not be freed.
        """
        seconds = milliseconds / 1000 if milliseconds >= 0 else None
        if self.hub is None:
            return disposal.dispose(self, seconds, collects)
        self.hub.end(disposal.dispose, self, seconds, collects)

    # Importing

    def keeps_private(self, top):
        return top in self.private

    def not_installed(self):
        """What it was to have its own copy of, and is nowhere."""
        return closures.missing(*self._asked, lambda top: self.locate(top)[0] is not None)

    def make_private(self, names):
        self.private.update(names)
        for name in names:
            self.tops[name] = self.modules
        self.changed()

    def needs_private(self, name):
        """Called while a shared module is executed for this generation, and asks for what the generation has otherwise."""
        raise NeedsPrivate(self, name.partition(".")[0])

    def decide(self, top):
        if top in self.private:
            self.tops[top] = self.modules
            return self.modules
        return super().decide(top)

    def find(self, name, path):
        if path is None:
            if name in self.core and name not in self.claims:
                return finder.find_shared(name, list(list.__iter__(sys.path)))
            return finder.find_top(self, name) or self._find_elsewhere(name)
        table = self.places[name]
        if table is self.modules:
            return finder.find_in(self, name, path)
        return None if table is None else self.venv.find(name, path)

    def is_borrowed(self, module):
        """Whether it is a shared module that the generation has under a name of its own."""
        name = contents(module).get("__name__")
        return module is dict.get(sys.modules, name) or self.venv is not None and module is self.venv.loaded(name)

    def find_submodule(self, name, path):
        return finder.find_in(self, name, path)

    def _find_elsewhere(self, name):
        """What a shared module has added to the process's path since this generation was made."""
        entries = [e for e in list(list.__iter__(sys.path)) if e not in self.path and e not in self.shadowed and e]
        return finder.find_shared(name, entries) if entries else None

    def owner_of(self, entry):
        if entry == self.directory or entry == "":
            return self.modules
        if entry in self._inside:
            return self.venv.modules
        return super().owner_of(entry)

    def owner_of_file(self, file):
        return self.modules if self.is_own(os.path.dirname(file or "")) or self.venv is None else self.venv.modules

    def locate(self, top):
        spec, table = super().locate(top)
        return spec, self.venv.shelf(top) if self.venv is not None and table is self.venv.modules else table

    def installed_finders(self):
        return () if self.venv is None else self.venv.installed_finders()

    def is_own(self, directory):
        """Below an own entry of the path, and not below a nearer one that is a venv's or shared."""
        known = self._roots.get(directory)
        if known is None:
            nearest, length = "", 0
            where = os.path.abspath(directory)  # an entry may be relative, or hold "..", while files have absolute names
            for entry in list(self.path):
                if not isinstance(entry, str) or not entry:
                    continue
                root = os.path.abspath(entry)
                if (where == root or where.startswith(root.rstrip(os.sep) + os.sep)) and len(root) > length:
                    nearest, length = entry, len(root)
            known = self._roots[directory] = self.owner_of(nearest) is self.modules if nearest else self._maps(where)
        return known

    def _maps(self, directory):
        """Whether it may be what a finder of the venv leads to, of an editable install."""
        return self.venv is not None and bool(self.venv.installed_finders()) and self.venv.maps(directory)

    def reads_source(self, file):
        return file is not None and self.is_own(os.path.dirname(file))
