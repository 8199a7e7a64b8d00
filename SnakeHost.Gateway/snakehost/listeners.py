"""SQLAlchemy's events and mappers per generation.

`event.listens_for(Engine, "connect")` speaks to every engine of the process. Here a tenant's listener on a shared class hears what the tenant
does, and nothing else; a shared module's listener hears all, as before. Likewise `configure_mappers()` configures the tenant's own.
"""
import collections
import itertools
import weakref

from . import context, overlays, weak


class _Listeners:
    """Those of one event for one class: the shared ones, then the generation's. SQLAlchemy keeps hold of it for all instances of the class."""

    __slots__ = ("_classes", "_kind", "_shared", "__weakref__")

    def __init__(self, classes, kind):
        self._classes, self._kind = classes, weakref.ref(kind)
        self._shared = self._inherit(lambda parent: parent._shared)

    def _inherit(self, part):
        found = collections.deque()
        for kind in self._kind().__mro__[1:]:
            parent = self._classes.get(kind)
            if isinstance(parent, _Listeners):  # it is something else for a class that takes no listeners
                found.extend(function for function in part(parent) if function not in found)
        return found

    def own(self):
        """None outside any tenant."""
        return overlays.mine(self, lambda: self._inherit(_Listeners.own))

    def _part(self):
        mine = self.own()
        return self._shared if mine is None else mine

    def __iter__(self):
        return itertools.chain(self._shared, self.own() or ())

    def __len__(self):
        return len(self._shared) + len(self.own() or ())

    def __contains__(self, function):
        return function in self._shared or function in (self.own() or ())

    def __getitem__(self, index):
        return list(self)[index]

    def append(self, function):
        self._part().append(function)

    def appendleft(self, function):
        self._part().appendleft(function)

    def extend(self, functions):
        self._part().extend(functions)

    def remove(self, function):
        self._part().remove(function)

    def clear(self):
        self._part().clear()


class _Classes(weakref.WeakKeyDictionary):
    """Stands in for the `_clslevel` of an event: class → its listeners."""

    def __setitem__(self, kind, listeners):
        super().__setitem__(kind, _Listeners(self, kind) if isinstance(listeners, collections.deque) else listeners)


def _events(module):
    dispatch = module._ClsLevelDispatch
    make, insert, remove = dispatch.__init__, dispatch._do_insert_or_append, dispatch.remove

    def scoped_make(self, *args):
        make(self, *args)
        self._clslevel = _Classes()

    def scoped_insert(self, key, *args, **named):
        _registering(self, key, insert, key, *args, **named)

    def scoped_remove(self, key):
        _registering(self, key, remove, key)

    def _registering(self, key, function, *args, **named):
        if context.current() is None:
            function(self, *args, **named)
        elif overlays.is_own(key.fn):
            overlays.mine(_events, dict)[self] = module
            function(self, *args, **named)
        else:
            token = overlays.shared()
            try:
                function(self, *args, **named)
            finally:
                context.variable.reset(token)

    dispatch.__init__, dispatch._do_insert_or_append, dispatch.remove = scoped_make, scoped_insert, scoped_remove


def forget(generation):
    """SQLAlchemy notes listeners by the identity of the function: a later one could be taken for one that is gone."""
    for event, module in generation.own.get(_events, {}).items():
        notes = module.registry
        known = notes._collection_to_key.get(event.ref, {})
        for _, listeners in weak.items(event._clslevel):
            for function in (isinstance(listeners, _Listeners) and listeners.own()) or ():
                key = known.pop(weakref.ref(function), None)
                places = notes._key_to_collection.get(key)
                if places is not None:
                    places.pop(event.ref, None)
                    if not places:
                        notes._key_to_collection.pop(key, None)


class _Registries(weakref.WeakKeyDictionary):
    """All registries of mappers; a tenant finds its own and those of shared modules."""

    def __setitem__(self, registry, value):
        generation = context.current()
        super().__setitem__(registry, None if generation is None else weakref.ref(generation))

    def __iter__(self):
        generation = context.current()
        for registry, owner in weak.items(self):
            if owner is None or generation is None or owner() is generation:
                yield registry


def _mappers(module):
    module._mapper_registries = _Registries()


PATCHES = (("sqlalchemy.event.attr", _events), ("sqlalchemy.orm.mapper", _mappers))
