"""C extensions: each module table that loads one has a library of its own.

The system loads a file once, hard links included, and uv makes the environments of two apps out of such links. Loaded again, an extension
either refuses, or returns the module it made before, bound to the Python code of another table, or changes that one. So the first table
gets the file, and every further one a copy of it.
"""
import _imp
import os
import re
import shutil
import tempfile
import weakref
from importlib.machinery import ExtensionFileLoader, ModuleSpec

from . import alone

_MOST_COPIED = 1 << 30  # bytes: what is loaded stays until the end of the process
_loaded = {}  # (device, inode) → _Library
_copied = 0

# What an extension says that has been loaded before, or whose state in a library that it shares with another copy has: numpy, PyO3, Cython, pybind11.
_REFUSAL = re.compile(
    r"once per (interpreter )?process|one interpreter per process|interpreter change detected|re-?initiali[sz]ation is not supported"
    r"|already (been )?(imported|initiali[sz]ed|loaded|registered)", re.IGNORECASE)


class _Library:
    def __init__(self, name, path, owner):
        self.name, self.path = name, path
        self.owner = (lambda: None) if owner is None else weakref.ref(owner)


class _CopyLoader(ExtensionFileLoader):
    """Loads a copy of the file, and says that it is the file."""

    def create_module(self, spec):
        with tempfile.NamedTemporaryFile(prefix="snakehost-", suffix=os.path.basename(self.path)) as copy:
            with open(self.path, "rb") as file:
                shutil.copyfileobj(file, copy)
            copy.flush()
            other = ModuleSpec(spec.name, self, origin=copy.name)
            other.submodule_search_locations = spec.submodule_search_locations
            module = _imp.create_dynamic(other)
        module.__file__ = spec.origin
        return module


def load(spec, owner, load_unlocked):
    """Load an extension for a table. `owner` is what lives as long as that table, None for the shared one."""
    path = os.path.realpath(spec.origin)
    stat = os.stat(path)
    library = _loaded.setdefault((stat.st_dev, stat.st_ino), _Library(spec.name, path, owner))
    if owner is not None and library.owner() is not owner and os.name != "nt":
        _count(spec.name, path, stat.st_size)
        spec.loader = _CopyLoader(spec.name, spec.origin)
    try:
        return load_unlocked(spec)
    except Exception as error:
        other = _other(library, spec.name, path, owner)
        if isinstance(error, ModuleNotFoundError) or other is None and not _REFUSAL.search(str(error)):
            raise
        alone.ask(f"the C extension {spec.name} can be loaded once per process ({error})" + (f", and {other} is loaded already" if other else ""))
        if other in (None, path) or not isinstance(error, ImportError):
            raise
        raise ImportError(
            f"the C extension {spec.name} can be loaded once per process, and {other} is loaded already: {path} cannot be loaded beside it "
            f"({error}); let both tenants use the same virtual environment, or give this one a process of its own (Isolation)", name=spec.name, path=path) from error


def _count(name, path, size):
    global _copied
    if _copied + size > _MOST_COPIED:
        alone.ask(f"the C extension {name} would have to be loaded once more, and what has been loaded stays in memory, 1 GiB by now")
        raise ImportError(
            f"the C extension {name} would have to be loaded once more, and what has been loaded stays in memory, 1 GiB by now: restart "
            "the gateway; fewer are loaded when tenants share a virtual environment, and none anew if PrivatePackages does not name them",
            name=name, path=path)
    _copied += size


def _other(library, name, path, owner):
    """The file of that extension that is loaded already, if this one is not the first."""
    if library.owner() is not owner and owner is not None:
        return library.path
    return next((other.path for other in list(_loaded.values()) if other.name == name and other.path != path), None)
