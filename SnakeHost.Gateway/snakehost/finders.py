"""`sys.meta_path`, `sys.path_hooks` and `sys.path_importer_cache` per space.

A space begins with the finders of what is around it: a generation with those of its venv, a venv with the process's. It
changes its own list only, and what a shared module adds later (six, while it is imported) appears in every list.
"""
import sys

from . import context
from .views import ListView


class TenantHooks(ListView):
    """`sys.meta_path` or `sys.path_hooks`."""

    __slots__ = ("name",)
    __hash__ = None
    tenant_finder = None  # knows what a tenant and its venv have, and what others have loaded

    def __init__(self, name, entries):
        super().__init__(entries)
        self.name = name

    def _list(self):
        return of(self, _holder())

    def _to_change(self):
        space = _holder()
        return self if space is None else _own(self, space)

    def _changed(self):
        space = _holder()
        if space is None:
            return
        if self.name == "path_hooks":  # what the former hooks made of an entry may not be what these make of it
            space.importers.clear()
            space.forget_finders()
        space.finders_changed()


class TenantImporters(dict):
    """`sys.path_importer_cache`: a space with path hooks of its own must not hand out what they made."""

    __slots__ = ()


def _holder():
    space = context.space()
    return None if space is None else space.holder


def of(view, space):
    """What a space sees: its own list, or that of what is around it as long as it has changed nothing."""
    while space is not None:
        if view.name in space.finders:
            return _own(view, space)
        space = space.outer
    return view


def _own(view, space):
    """The list of a space, brought up to date with the list around it."""
    around = list(list.__iter__(of(view, space.outer)))
    kept = space.finders.get(view.name)
    if kept is None:
        kept = space.finders.setdefault(view.name, [around[:], around])
    own, known = kept
    if not _same(known, around):
        _follow(own, known, around)
        kept[1] = around
    return own


def _same(one, other):
    return len(one) == len(other) and all(map(_is, one, other))


def _is(one, other):
    return one is other


def _has(entries, entry):
    return any(entry is other for other in entries)


def _follow(own, known, around):
    """Do to `own` what has been done to the list around it; an entry comes before the same one as there."""
    own[:] = [entry for entry in own if _has(around, entry) or not _has(known, entry)]
    for place, entry in enumerate(around):
        if not _has(known, entry) and not _has(own, entry):
            later = [other for other in around[place + 1:] if _has(own, other)]
            at = next((index for index, other in enumerate(own) if later and other is later[0]), len(own))
            own.insert(at, entry)


def added(view, space):
    """What a space has put into its list, as against the list around it."""
    if view.name not in space.finders:
        return []
    around = list(list.__iter__(of(view, space.outer)))
    return [entry for entry in _own(view, space) if not _has(around, entry)]


def has_added(space):
    """Whether the space, or the venv around it, has finders of its own."""
    return space is not None and bool(space.finders and added(sys.meta_path, space) or has_added(space.outer))


def early(space):
    """The space's own finders that are asked before the one that knows what others have loaded."""
    own = added(sys.meta_path, space)
    found = []
    for entry in _own(sys.meta_path, space) if own else ():
        if entry is TenantHooks.tenant_finder:
            break
        if _has(own, entry):
            found.append(entry)
    return found


def maker(space, finder):
    """The space to which a finder belongs; None for one of the process's."""
    while space is not None and not _has(added(sys.meta_path, space), finder):
        space = space.outer
    return space


def make_finder(space, entry):
    """What the path hooks of a space, or the process's for None, make of an entry of the search path."""
    for hook in list(list.__iter__(of(sys.path_hooks, space))):
        try:
            return hook(entry)
        except ImportError:
            continue
    return None


def finder_for(space, entry):
    """The finder of a path entry that is not the space's own: kept where the hooks belong that made it."""
    space = _with_path_hooks(space)
    cache = sys.path_importer_cache if space is None else space.importers
    try:
        return dict.__getitem__(cache, entry)
    except KeyError:
        finder = make_finder(space, entry)
        dict.__setitem__(cache, entry, finder)
        return finder


def _with_path_hooks(space):
    while space is not None and not added(sys.path_hooks, space):
        space = space.outer
    return space


def _cache(view):
    """The cache that holds the finders of path entries for the current space."""
    space = _with_path_hooks(_holder())
    return view if space is None else space.importers


def _delegating(name):
    method = getattr(dict, name)

    def call(self, *args, **named):
        return method(_cache(self), *args, **named)

    call.__name__ = name
    return call


for _name in ("__getitem__", "get", "__contains__", "__setitem__", "__delitem__", "pop", "popitem", "setdefault", "clear",
              "update", "copy", "keys", "values", "items", "__iter__", "__reversed__", "__len__", "__repr__", "__eq__", "__ne__"):
    setattr(TenantImporters, _name, _delegating(_name))


def install(finder):
    TenantHooks.tenant_finder = finder
    sys.meta_path = TenantHooks("meta_path", [finder, *sys.meta_path])
    sys.path_hooks = TenantHooks("path_hooks", sys.path_hooks)
    sys.path_importer_cache = TenantImporters(sys.path_importer_cache)
