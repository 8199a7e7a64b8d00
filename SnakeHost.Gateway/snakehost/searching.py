"""`importlib._bootstrap._find_spec`: it asks the finders in order, and notes whose finder it was that answered.

A module that a tenant's finder has found is the tenant's, whoever else has one of that name.
"""
import sys
from importlib import _bootstrap

from . import claims, context, finders
from .finder import own

_find_spec = _bootstrap._find_spec
_find_spec_legacy = getattr(_bootstrap, "_find_spec_legacy", None)  # until 3.11


def find_spec(name, path, target=None):
    space = context.space()
    if space is None:
        return _find_spec(name, path, target)
    if space.generation is None and space.origin is not None and space.origin.early:
        _ask_for_shared(space.origin, name, path, target)
    holder = space.holder
    if not finders.has_added(holder):
        return _find_spec(name, path, target)
    return _search(holder, name, path, target)


def _search(space, name, path, target):
    is_reload = name in sys.modules
    for finder in list(list.__iter__(finders.of(sys.meta_path, space))):
        maker = finders.maker(space, finder)
        spec = _ask(finder, maker, name, path, target)
        if spec is None:
            continue
        if not is_reload and name in sys.modules:  # the finder has imported it
            return getattr(sys.modules[name], "__spec__", None) or spec
        return spec if maker is None else _found(space, maker, name, path, spec)
    return None


def _ask(finder, maker, name, path, target):
    find = getattr(finder, "find_spec", None)
    if maker is not None and find is not None:
        return find(name, path, target)  # without the lock of all imports: a tenant's finder may take its time
    with _bootstrap._ImportLockContext():
        if find is not None:
            return find(name, path, target)
        return None if _find_spec_legacy is None else _find_spec_legacy(finder, name, path)


def _found(space, maker, name, path, spec):
    if maker is space:
        if not space.owns(space.places[name]):
            claims.take(space, name, True, False)
        return spec
    if path is None and space.owner_of_file(spec.origin) is space.modules:  # installed for the venv, but the tenant's own code
        space.claim(name, space.modules)
    elif space.places[name] is not space.modules and not maker.owns(maker.places[name]):
        claims.take(maker, name, True, False)
    return own(space, spec) if space.owns(space.places[name]) else spec


def _ask_for_shared(generation, name, path, target):
    """A module that a shared one imports for a generation: if a finder of the generation wants it, both are to be private."""
    if generation.knows(name):
        return
    for finder in finders.early(generation):
        spec = generation.run(_ask, finder, generation, name, path, target)
        if spec is not None:
            generation.needs_private(name)


def install():
    _bootstrap._find_spec = find_spec
