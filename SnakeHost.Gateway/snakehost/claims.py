"""What a space's code puts into `sys.modules`, or takes out of it, itself.

It is the space's from then on, with all that is below it: `sys.modules["sqlite3"] = pysqlite3` is seen by the tenant only, and
after `del sys.modules["json"]` the tenant's next import makes a copy of its own. `claims` of a space maps such names to True
where something was put, to False where something was taken out.
"""
import sys
import types

from . import importers

_MISSING = object()


def covering(space, key):
    """The claim on a name or on what is above it; None when there is none."""
    claims = space.claims
    if type(key) is not str:
        return claims.get(key)
    while key:
        if key in claims:
            return claims[key]
        key = key.rpartition(".")[0]
    return None


def take(space, name, put, keep=True):
    """Make a name the space's. `keep`: what is loaded below it stays, as in a process of its own."""
    if keep and type(name) is str:
        for below, module in _loaded_below(space, name):
            space.home(name).setdefault(below, module)
    space.claims[name] = put
    space.changed()


def _loaded_below(space, name):
    prefix = name + "."
    for table in (sys.modules, *(() if space.outer is None else space.outer.tables())):
        for key, module in list(dict.items(table)):
            if type(key) is str and key.startswith(prefix) and _storage(space.places[key]) is table:
                yield key, module


def _storage(table):
    return sys.modules if table is None else table


def leads_to(locations, module):
    """Whether a package with these locations, in the place of the module, has the same submodules."""
    before = _locations(module)
    return before is None or bool(set(before) & set(locations or ()))


def _locations(module):
    try:
        path = importers.contents(module)["__path__"] if isinstance(module, types.ModuleType) else module.__path__
        return [entry for entry in path if isinstance(entry, str)]
    except Exception:  # it may be anything
        return None


def put(space, key, value):
    table = space.places[key]
    if not space.owns(table):
        storage = _storage(table)
        before = dict.get(storage, key, _MISSING)
        if before is value:
            return
        if _is_the_librarys_own(key, storage):
            return dict.__setitem__(storage, key, value)
        take(space, key, True, before is not _MISSING and leads_to(_locations(value), before))
    elif key in space.claims and not importers.is_machinery(sys._getframe(1)):
        under = space.place_without_claims(key)
        if not space.owns(under) and dict.get(_storage(under), key, _MISSING) is value:
            return _give_back(space, key, value)
        space.claims[key] = True
    dict.__setitem__(space.home(key), key, value)


def remove(space, key):
    """What was there; KeyError if nothing was."""
    table = space.places[key]
    if space.owns(table):
        value = dict.pop(table, key)
        if space.claims and not importers.is_machinery(sys._getframe(1)):
            under = space.place_without_claims(key)
            if not space.owns(under) and dict.__contains__(_storage(under), key):
                space.claims[key] = False
            elif key in space.claims and not any(type(name) is str and name.startswith(f"{key}.") for name in list(table)):
                del space.claims[key]
                space.changed()
        return value
    storage = _storage(table)
    value = dict.__getitem__(storage, key)
    if _is_the_librarys_own(key, storage):
        dict.__delitem__(storage, key)
    else:
        take(space, key, False)
    return value


def clear(space):
    """A space forgets its modules. What it had put in the place of a shared one is gone, and the shared one does not come back."""
    space.forget_modules()
    for name in list(space.claims):
        under = space.place_without_claims(name)
        if space.owns(under) or not dict.__contains__(_storage(under), name):
            space.claims.pop(name, None)
    space.changed()


def _is_the_librarys_own(key, table):
    """Whether a shared library changes names of its own, as lazy packages do, in a function that a tenant has called."""
    frame = importers.caller(sys._getframe(1))
    if frame is None or type(key) is not str or not importers.is_module_of(frame, table):
        return False
    return frame.f_globals["__name__"].partition(".")[0] == key.partition(".")[0]


def _give_back(space, key, value):
    """The shared module is put back: everything below it that is the shared one again is shared again."""
    del space.claims[key]
    space.changed()
    home = space.home(key)
    if space.owns(space.places[key]):  # something above it is claimed
        return dict.__setitem__(home, key, value)
    dict.pop(home, key, None)
    prefix = f"{key}."
    for name, module in list(home.items()):
        if type(name) is str and name.startswith(prefix) and not space.owns(space.places[name]):
            if dict.get(_storage(space.places[name]), name, _MISSING) is module:
                dict.pop(home, name, None)
            else:
                space.claims.setdefault(name, True)
    space.changed()


def forgive(space, name):
    """The shared module after all, for a name that was taken out: the interpreter's built-in modules cannot be made twice."""
    module = dict.get(sys.modules, name)
    if module is not None and space.claims.get(name) is False:
        _give_back(space, name, module)
        return module
    return None


class Trap(dict):
    """The owners of a shared module's execution, on behalf of a generation that has put other modules in the place of shared
    ones: to import one of these names is to be private."""

    __slots__ = ("origin", "owners")

    def __init__(self, origin, owners):
        super().__init__()
        self.origin = origin
        self.owners = owners

    def __missing__(self, key):
        if type(key) is str and covering(self.origin, key):
            return _Trapped(self.origin)
        return self.owners[key]


class _Trapped(dict):
    __slots__ = ("origin",)

    def __init__(self, origin):
        super().__init__()
        self.origin = origin

    def __getitem__(self, key):
        self.origin.needs_private(key)

    def get(self, key, default=None, /):
        self.origin.needs_private(key)

    def __contains__(self, key):
        self.origin.needs_private(key)
