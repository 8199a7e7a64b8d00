"""An import space: a search path, and a table of the modules that were found on its own part of that path.

Every top-level name has one owner per space: this table, a table below it (a venv's), or the shared modules.
Ownership follows the search path, as in a process of its own: the first entry that has the name decides.
"""
import _imp
import os
import sys
import weakref

from . import claims, finders, weak
from .importers import Shadowing
from .owners import Owners, Places

_MISSING = object()


class Space:
    """What a generation and a venv have in common."""

    early = frozenset()  # if it has finders before the one that knows what others have loaded: "" and the installed modules that these are from
    attached = {}  # top-level names that the gateway makes when they are first imported → the table that holds them for all
    core = frozenset()  # names that the interpreter had imported before the first tenant: always shared

    def __init__(self, path):
        self.path = path
        self.outer = None  # the venv of a generation
        self.inner = weakref.WeakSet()  # the generations of a venv
        self.modules = {}
        self.tops = {}
        self.claims = {}  # names that this space's code has put into sys.modules or taken out: see claims.py
        self.version = 0  # of what is known about owners
        self.places = Places(self)
        self.owners = Owners(self)
        self.own = {}  # what it has of shared modules' globals: see own.py
        self.finders = {}  # its sys.meta_path and sys.path_hooks: see finders.py
        self.importers = {}  # its sys.path_importer_cache, if it has path hooks of its own
        self.seen = set()  # names that it has looked up
        self._shadowings = {}
        self._around = None
        self.shadowed = frozenset()  # directories of shared packages that this space must not see
        self._caches = {}
        self._shared_entries = frozenset(list.__iter__(sys.path))

    def join(self, outer):
        """Be a generation of that venv."""
        self.outer = outer
        outer.inner.add(self)

    def claim(self, top, table):
        """Make `table` the owner of a top-level name, whatever was thought before."""
        self.tops[top] = table
        self.changed()

    def changed(self):
        """What is known of owners has to be found out anew."""
        self.version += 1
        self.places.clear()
        self.owners.clear()
        for space in weak.members(self.inner):
            space.changed()

    def path_changed(self):
        self._shadowings.clear()
        self._around = None
        self.changed()  # what was nobody's may be found now

    def finders_changed(self):
        early = finders.early(self)
        self.early = frozenset({"", *(type(finder).__module__ for finder in early)} - self.modules.keys()) if early else frozenset()
        self.changed()

    @property
    def holder(self):
        """Whose lists and modules the code of this space changes."""
        return self

    def tables(self):
        return (self.modules,) if self.outer is None else (*self.outer.tables(), self.modules)

    def home(self, key):
        """The table for a module of this very space."""
        return self.modules

    def forget_modules(self):
        self.modules.clear()

    def place(self, key):
        """The table that holds a module, None for the shared one."""
        for space in (self, self.outer):
            if space is not None and space.claims and claims.covering(space, key) is not None:
                return space.home(key)
        return self.place_without_claims(key)

    def place_without_claims(self, key):
        if type(key) is not str:
            return None
        top = key.partition(".")[0]
        table = self.tops.get(top, _MISSING)
        return self.decide(top) if table is _MISSING else table

    def knows(self, key):
        """Whether a shared module counts as imported by this space before."""
        if key in self.seen or type(key) is not str:
            return True
        top = key.partition(".")[0]
        return is_built_in(top) or top in self.core

    def shadowing(self, key, table):
        """What to look a name of a table up in, if modules around this space mean another module by it; else None."""
        top = key.partition(".")[0]
        known = self._shadowings.get(top, _MISSING)
        if known is _MISSING:
            known = self._shadowings[top] = self._find_shadowing(top, table)
        return None if known is None or known.table is not table or claims.covering(self, key) is not None else known

    def _find_shadowing(self, top, table):
        if top not in self._names_around() or self.tops.get(top) is not table or self.keeps_private(top):
            return None
        mine = table if table is self.modules else (self.outer or self).modules
        owners = [self.owner_of(entry) for entry in self._entries_with(top)]
        in_base = top in sys.stdlib_module_names or any(owner is None for owner in owners)
        return Shadowing(self, table, in_base) if in_base or any(owner is not mine for owner in owners) else None

    def _names_around(self):
        """Names that may be found outside of the space's own directories."""
        if self._around is None:
            entries = [entry for entry in list(self.path) if isinstance(entry, str) and self.owner_of(entry) is not self.modules]
            self._around = sys.stdlib_module_names.union(*map(listing, entries))
        return self._around

    def _entries_with(self, top):
        for entry in list(self.path):
            finder = self.finder_for(entry)
            if finder is not None and finder.find_spec(top) is not None:
                yield entry

    def decide(self, top):
        """Owner of a name not yet seen. A name found nowhere is nobody's: None, decided anew when it is imported."""
        if is_built_in(top) or top in self.core:
            return None
        spec, table = self.locate(top)
        if table is not None:
            self.tops[top] = table
        elif spec is None and top in self.attached:
            self.tops[top] = table = self.attached[top]
        elif spec is None and self._is_hidden(top):
            self.tops[top] = table = self.modules
        return table

    def locate(self, top):
        """(spec, owning table) of a top-level name on this space's path."""
        portions, owners = [], []
        for entry in list(self.path):
            finder = self.finder_for(entry)
            spec = finder.find_spec(top) if finder is not None else None
            if spec is None:
                continue
            if spec.loader is not None:
                return spec, self.owner_of(entry)
            portions.extend(spec.submodule_search_locations or ())
            owners.append(self.owner_of(entry))
        if portions:
            return namespace_spec(top, portions), min(owners, key=self._rank)
        for finder in self.installed_finders():
            spec = finder.find_spec(top, None, None) if hasattr(finder, "find_spec") else None
            if spec is not None:
                return spec, self.owner_of_file(spec.origin)
        return None, None

    def finder_for(self, entry):
        """The path entry finder of a directory. A generation's own directories get finders of its own: their caches
        are then as young as the generation, and leave with it."""
        if not isinstance(entry, str):
            return None
        if entry == "":
            try:
                entry = os.getcwd()
            except OSError:
                return None
        elif self.is_own(entry):
            finder = self._caches.get(entry, _MISSING)
            if finder is _MISSING:
                finder = self._caches[entry] = finders.make_finder(self, entry)
            return finder
        return finders.finder_for(self, entry)

    def forget_finders(self):
        self._caches.clear()

    def invalidate_caches(self):
        for finder in list(self._caches.values()):
            if hasattr(finder, "invalidate_caches"):
                finder.invalidate_caches()
        self.changed()

    def owns(self, table):
        """Whether a table holds modules of this very space."""
        return table is self.modules

    def owner_of(self, entry):
        """The table that owns what is found in a path entry."""
        return None if entry in self._shared_entries else self.modules

    def installed_finders(self):
        """Finders that packages of a venv have added: editable installs."""
        return finders.added(sys.meta_path, self)

    def owner_of_file(self, file):
        return self.modules

    def is_own(self, directory):
        """Whether modules below the directory belong to this very space."""
        return True

    def _rank(self, table):
        return 2 if table is None else 0 if table is self.modules else 1

    def _is_hidden(self, top):
        """A shared module, loaded for others, from a directory that this space must not see."""
        if not self.shadowed:
            return False
        module = dict.get(sys.modules, top)
        spec = getattr(module, "__spec__", None)
        places = list(getattr(spec, "submodule_search_locations", None) or ())
        if isinstance(getattr(spec, "origin", None), str):
            places.append(spec.origin)
        return any(place.startswith(tuple(d + os.sep for d in self.shadowed)) for place in places)


def namespace_spec(name, portions):
    from importlib.machinery import ModuleSpec

    spec = ModuleSpec(name, None)
    spec.submodule_search_locations = portions
    return spec


def standard_names():
    """Of the standard library, what has been imported, and what its C code imports late, in whoever's name (`_strptime`)."""
    names = {name.partition(".")[0] for name in sys.modules}
    for entry in list.__iter__(sys.path):
        names.update(top for top in listing(entry) if top.startswith("_"))
    return frozenset(names & sys.stdlib_module_names)


_listings = {}  # directory → (its time, the names in it, up to their first dot)


def listing(directory):
    try:
        time = os.stat(directory).st_mtime_ns
        known = _listings.get(directory)
        if known is None or known[0] != time:
            known = _listings[directory] = time, frozenset(name.partition(".")[0] for name in os.listdir(directory))
        return known[1]
    except OSError:
        return ()


def is_built_in(top):
    return top in sys.builtin_module_names or _imp.is_frozen(top)
