"""An import space: a search path, and a table of the modules that were found on its own part of that path.

Every top-level name has one owner per space: this table, a table below it (a venv's), or the shared modules.
Ownership follows the search path, as in a process of its own: the first entry that has the name decides.
"""
import _imp
import os
import sys
from importlib._bootstrap_external import PathFinder

_MISSING = object()


class Owners(dict):
    """Full module name → the table that holds it, None for the shared one. Filled on first use."""

    __slots__ = ("space",)

    def __init__(self, space):
        super().__init__()
        self.space = space

    def __missing__(self, key):
        if type(key) is not str:
            return None
        top = key.partition(".")[0]
        owners = self.space.tops
        table = owners.get(top, _MISSING)
        if table is _MISSING:
            table = self.space.decide(top)
        self[key] = table
        if owners.get(top) is not table:  # claimed meanwhile by another thread
            self.pop(key, None)
        return table


class Space:
    """What a generation and a venv have in common."""

    attached = {}  # top-level names that the gateway makes when they are first imported → the table that holds them for all
    core = frozenset()  # names that the interpreter had imported before the first tenant: always shared

    def __init__(self, path):
        self.path = path
        self.modules = {}
        self.tops = {}
        self.owners = Owners(self)
        self.finders = []  # what this space's code added to sys.meta_path
        self.own = {}  # what it has of shared modules' globals: see own.py
        self.shadowed = frozenset()  # directories of shared packages that this space must not see
        self._caches = {}
        self._shared_entries = frozenset(list.__iter__(sys.path))

    def claim(self, top, table):
        """Make `table` the owner of a top-level name, whatever was thought before."""
        self.tops[top] = table
        self.owners.clear()

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
        for finder in list(self.finders):
            spec = finder.find_spec(top, None, None)
            if spec is not None:
                return spec, self.owner_of_file(spec.origin)
        if not portions:
            return None, None
        spec = namespace_spec(top, portions)
        return spec, min(owners, key=self._rank)

    def finder_for(self, entry):
        """The path entry finder of a directory. A generation's own directories get finders of its own: their caches
        are then as young as the generation, and leave with it."""
        if not isinstance(entry, str):
            return None
        if entry == "" or not self.is_own(entry):
            return PathFinder._path_importer_cache(entry)
        finder = self._caches.get(entry, _MISSING)
        if finder is _MISSING:
            finder = PathFinder._path_hooks(os.path.abspath(entry))
            self._caches[entry] = finder
        return finder

    def invalidate_caches(self):
        for finder in list(self._caches.values()):
            if hasattr(finder, "invalidate_caches"):
                finder.invalidate_caches()
        self.owners.clear()

    def owns(self, table):
        """Whether a table holds modules of this very space."""
        return table is self.modules

    def owner_of(self, entry):
        """The table that owns what is found in a path entry."""
        return None if entry in self._shared_entries else self.modules

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


def is_built_in(top):
    return top in sys.builtin_module_names or _imp.is_frozen(top)
