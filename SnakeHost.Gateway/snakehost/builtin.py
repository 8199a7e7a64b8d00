"""`builtins` per generation: what an app puts there (`gettext.install()`, `builtins.print = ...`) its own modules find, and no other tenant's.

The modules of a generation get a dict of their own as `__builtins__`, which costs nothing when a name is looked up: the interpreter asks no less of the
process's. A shared module's functions see the process's builtins.
"""
import builtins
import importlib.util
import types
import weakref
from importlib import _bootstrap
from importlib.machinery import ExtensionFileLoader

from . import context, importing, own, weak

_process = vars(builtins)
_module_from_spec = _bootstrap.module_from_spec
_generations = weakref.WeakSet()
_MISSING = object()


class TenantBuiltins(own.Retyped):
    """The module `builtins`."""

    def __getattribute__(self, name):
        names = _names()
        if name == "__dict__":
            return names
        return names[name] if name in names else types.ModuleType.__getattribute__(self, name)

    def __setattr__(self, name, value):
        names = _names()
        if names is _process:
            _tell(name, value)
        names[name] = value

    def __delattr__(self, name):
        names = _names()
        if name not in names:
            raise AttributeError(f"module 'builtins' has no attribute {name!r}")
        if names is _process:
            _tell(name, _MISSING)
        del names[name]


def _names():
    generation = context.current()
    return _process if generation is None else generation.builtins


def _tell(name, value):
    """What is changed for the process reaches the generations that have not changed it themselves."""
    before = _process.get(name, _MISSING)
    for generation in weak.members(_generations):
        if generation.builtins.get(name, _MISSING) is before:
            if value is _MISSING:
                generation.builtins.pop(name, None)
            else:
                generation.builtins[name] = value


def make(generation):
    """The builtins of a new generation."""
    _generations.add(generation)
    return dict(_process)


def forget(generation):
    """Its own go; what it left running still finds the others."""
    for name, value in list(generation.builtins.items()):
        if name not in _process:
            del generation.builtins[name]
        elif value is not _process[name]:
            generation.builtins[name] = _process[name]


def module_from_spec(spec):
    module = _module_from_spec(spec)
    generation = context.current()
    if generation is not None and not isinstance(spec.loader, ExtensionFileLoader):
        vars(module).setdefault("__builtins__", generation.builtins)
    return module


def install():
    builtins.__class__ = TenantBuiltins
    importing.look_frozen(module_from_spec)
    importlib.util.module_from_spec = module_from_spec
    _bootstrap.module_from_spec = importing.noted(module_from_spec)
