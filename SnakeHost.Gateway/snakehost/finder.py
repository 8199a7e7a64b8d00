"""The finder at the head of `sys.meta_path`: it finds what belongs to a generation or a venv, and only that."""
from importlib.machinery import PathFinder

from . import claims, context, space as spaces
from .errors import NeedsPrivate
from .namespaces import TenantNamespacePath


class TenantFinder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        current = context.space()
        if current is None:
            return None
        if current.generation is None:
            return _for_execution(current, name, path)
        return current.find(name, path)

    @staticmethod
    def invalidate_caches():
        current = context.current()
        if current is not None:
            current.invalidate_caches()


def _for_execution(execution, name, path):
    top = name.partition(".")[0]
    if execution.origin is not None and execution.origin.keeps_private(top):
        raise NeedsPrivate(execution.origin, top)
    return None if execution.space is None else execution.space.find(name, path)


def find_top(space, top):
    """The spec of a top-level name for a space, and the claim to it that follows."""
    claimed = claims.covering(space, top) is not None
    if not claimed and (spaces.is_built_in(top) or top in space.core):
        return None
    spec, table = space.locate(top)
    if spec is None:
        return None
    if claimed or space.keeps_private(top):
        table = space.modules
    if table is not None and not claimed and space.tops.get(top) is not table:
        space.claim(top, table)
    if space.owns(table):
        return own(space, spec)
    if table is not None:
        return space.venv.find(top, None)
    return spec if spec.loader is not None else None  # a shared namespace package: the interpreter's own finder knows


def find_in(space, name, path):
    """The spec of a submodule of a package of this very space."""
    portions = []
    for entry in path:
        finder = space.finder_for(entry)
        spec = finder.find_spec(name) if finder is not None else None
        if spec is None:
            continue
        if spec.loader is not None:
            return own(space, spec)
        portions.extend(spec.submodule_search_locations or ())
    return own(space, spaces.namespace_spec(name, portions)) if portions else None


def own(space, spec):
    """Make a spec load what belongs to the space the space's way."""
    if spec.loader is None:
        spec.submodule_search_locations = TenantNamespacePath(spec.name, spec.submodule_search_locations, space)
    return spec


def find_shared(name, path):
    return PathFinder.find_spec(name, path)
