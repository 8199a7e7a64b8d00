"""`importlib.reload`, `loader.load_module` and `imp.load_source`: what a tenant executes by itself is the tenant's.

A shared module is never executed again for all: who reloads one gets a copy.
"""
import importlib
import os
import sys
from importlib import _bootstrap

from . import claims, context

_load = _bootstrap._load
_exec = _bootstrap._exec
_reload = importlib.reload


def reload(module):
    name = getattr(getattr(module, "__spec__", None), "name", None) or getattr(module, "__name__", None)
    generation = context.current()
    if generation is None or sys.modules.get(name) is not module or name in sys.builtin_module_names or _is_own(generation, name, module):
        return _reload(module)
    del sys.modules[name]
    return importlib.import_module(name)


reload.__doc__ = _reload.__doc__


def _is_own(generation, name, module):
    return generation.places[name] is generation.modules and not generation.is_borrowed(module)


def load(spec):
    """Execute what a loader's own method, rather than an import, has asked for."""
    generation = context.current()
    if generation is not None and generation.places[spec.name] is not generation.modules and not _is_found_so(generation, spec):
        claims.take(generation, spec.name, True, False)
    return _load(spec)


def _is_found_so(generation, spec):
    """Whether an import of that name would execute the same file for all."""
    if not isinstance(spec.origin, str) or generation.is_own(os.path.dirname(spec.origin)):
        return False
    parent = spec.name.rpartition(".")[0]
    if not parent:
        found = generation.locate(spec.name)[0]
        return found is not None and found.origin == spec.origin
    folder = os.path.dirname(spec.origin)
    folder = os.path.dirname(folder) if spec.submodule_search_locations is not None else folder
    return folder in list(getattr(sys.modules.get(parent), "__path__", ()))


def execute(spec, module):
    """Execute a loader's file in the module that has its name; in one of its own if that module is shared."""
    generation = context.current()
    if generation is None or _is_own(generation, spec.name, module):
        return _exec(spec, module)
    claims.take(generation, spec.name, True, claims.leads_to(spec.submodule_search_locations, module))
    return _load(spec)


class _Reloading(dict):
    """Modules that are being reloaded, by name: each tenant's for itself."""

    __slots__ = ()

    def __contains__(self, name):
        return dict.__contains__(self, _key(name))

    def __getitem__(self, name):
        return dict.__getitem__(self, _key(name))

    def get(self, name, default=None, /):
        return dict.get(self, _key(name), default)

    def __setitem__(self, name, module):
        dict.__setitem__(self, _key(name), module)

    def __delitem__(self, name):
        dict.__delitem__(self, _key(name))


def _key(name):
    space = context.space()
    return name, None if space is None else id(space.places[name])


def install():
    _bootstrap._load = load
    _bootstrap._exec = execute
    importlib.reload = reload
    importlib._RELOADING = _Reloading()
