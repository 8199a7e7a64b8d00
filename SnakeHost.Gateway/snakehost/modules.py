"""`sys.modules` as a view: each generation sees its own modules, those of its venv, and the shared ones.

The dict object stays the one the interpreter holds; its *type* is replaced in place. The C import machinery takes
its fast path for exact dicts only, so from then on it asks `__getitem__`, as all Python code does.
"""
import ctypes
import sys

from . import claims
from .context import thread, variable

# Globals of this module: cheaper on every import statement than attributes of other objects.
_get = variable.get
_shared_item = dict.__getitem__
_shared_get = dict.get
_shared_contains = dict.__contains__


class TenantModules(dict):
    __slots__ = ()  # the layout of dict, which is what makes the exchange of the type safe

    def __getitem__(self, key):
        space = _get()
        if space is None:
            space = thread.generation
            if space is None:
                return _shared_item(self, key)
        table = space.owners[key]
        return _shared_item(self, key) if table is None else table[key]

    def get(self, key, default=None, /):
        space = _get()
        if space is None:
            space = thread.generation
            if space is None:
                return _shared_get(self, key, default)
        table = space.owners[key]
        return _shared_get(self, key, default) if table is None else table.get(key, default)

    def __contains__(self, key):
        space = _get()
        if space is None:
            space = thread.generation
            if space is None:
                return _shared_contains(self, key)
        table = space.owners[key]
        return _shared_contains(self, key) if table is None else key in table

    def __setitem__(self, key, value):
        holder = _holder()
        if holder is None:
            dict.__setitem__(self, key, value)
        else:
            claims.put(holder, key, value)

    def __delitem__(self, key):
        self.pop(key)

    def pop(self, key, *default):
        holder = _holder()
        if holder is None or len(default) > 1:
            return dict.pop(self, key, *default)
        try:
            return claims.remove(holder, key)
        except KeyError:
            if default:
                return default[0]
            raise

    def setdefault(self, key, default=None, /):
        if key not in self:
            self[key] = default
        return self[key]

    def popitem(self):
        for key in reversed(_merged(self)):
            return key, self.pop(key)
        raise KeyError("popitem(): dictionary is empty")

    def clear(self):
        """A generation clears what is its own, never what others use."""
        holder = _holder()
        dict.clear(self) if holder is None else claims.clear(holder)

    def update(self, *others, **named):
        for key, value in dict(*others, **named).items():
            self[key] = value

    def copy(self):
        return _merged(self)

    def keys(self):
        return dict.keys(self) if _space() is None else _merged(self).keys()

    def values(self):
        return dict.values(self) if _space() is None else _merged(self).values()

    def items(self):
        return dict.items(self) if _space() is None else _merged(self).items()

    def __iter__(self):
        return dict.__iter__(self) if _space() is None else iter(_merged(self))

    def __reversed__(self):
        return dict.__reversed__(self) if _space() is None else reversed(_merged(self))

    def __len__(self):
        return dict.__len__(self) if _space() is None else len(_merged(self))

    def __repr__(self):
        return dict.__repr__(self) if _space() is None else repr(_merged(self))

    def __eq__(self, other):
        if self is other:
            return True
        return _merged(self) == (_merged(other) if isinstance(other, TenantModules) else other)

    def __ne__(self, other):
        return not self == other

    __hash__ = None

    def __or__(self, other):
        return _merged(self) | other if isinstance(other, dict) else NotImplemented

    def __ror__(self, other):
        return other | _merged(self) if isinstance(other, dict) else NotImplemented

    def __ior__(self, other):
        self.update(other)
        return self

    def __reduce_ex__(self, protocol):
        return dict, (_merged(self),)


def _space():
    found = variable.get()
    return thread.generation if found is None else found


def _holder():
    space = _space()
    return None if space is None else space.holder


def _merged(shared):
    """What the current space sees, as a plain dict; shared modules first, as they were imported first."""
    holder = _holder()
    if holder is None:
        return dict(dict.items(shared))
    places = holder.places
    visible = {key: module for key, module in list(dict.items(shared)) if places[key] is None}
    for table in holder.tables():
        visible.update({key: module for key, module in list(table.items()) if places[key] is table})
    return visible


def retype(mapping, target):
    """Replace the type of a dict object by a subclass with the same layout."""
    offset = next(o for o in range(0, 64, 8) if ctypes.c_void_p.from_address(id(mapping) + o).value == id(dict))
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(target))  # an instance of a heap type holds a reference to it
    ctypes.c_void_p.from_address(id(mapping) + offset).value = id(target)


def install():
    if type(sys.modules) is dict:
        retype(sys.modules, TenantModules)
