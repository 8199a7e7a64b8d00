"""`sys.path` and `sys.meta_path` per space.

Both stay lists (C code and `isinstance` checks expect that). The list's own storage holds the process's entries;
inside a tenant every method works on the tenant's list instead.
"""
import sys

from . import context


class TenantPath(list):
    """`sys.path`: each generation has a whole list of its own, its directory and venv first."""

    __slots__ = ()
    __hash__ = None

    def __iadd__(self, other):
        _path(self).extend(other)
        return self

    def __imul__(self, count):
        list.__imul__(_path(self), count)
        return self

    def __reduce_ex__(self, protocol):
        return list, (list(_path(self)),)


class TenantMetaPath(list):
    """`sys.meta_path`: the process's finders, and after the first of them those that the tenant's code added."""

    __slots__ = ()
    __hash__ = None

    def __iter__(self):
        return iter(_finders(self))

    def __len__(self):
        return len(_finders(self))

    def __contains__(self, finder):
        return finder in _finders(self)

    def __getitem__(self, index):
        return _finders(self)[index]

    def __reversed__(self):
        return reversed(_finders(self))

    def __repr__(self):
        return repr(_finders(self))

    def copy(self):
        return _finders(self)

    def index(self, finder, *bounds):
        return _finders(self).index(finder, *bounds)

    def count(self, finder):
        return _finders(self).count(finder)

    def append(self, finder):
        target = _own_finders()
        list.append(self, finder) if target is None else target.append(finder)

    def insert(self, index, finder):
        target = _own_finders()
        list.insert(self, index or 1, finder) if target is None else target.insert(index, finder)

    def extend(self, finders):
        for finder in finders:
            self.append(finder)

    def remove(self, finder):
        target = _own_finders()
        if target is not None:
            target.remove(finder)  # the process's finders are not a tenant's to remove
        else:
            list.remove(self, finder)

    def pop(self, index=-1):
        target = _own_finders()
        return list.pop(self, index) if target is None else target.pop(index)

    def __setitem__(self, index, value):
        target = _own_finders()
        if target is None:
            list.__setitem__(self, index, value)
        else:
            shared = list(list.__iter__(self))
            whole = _finders(self)
            whole[index] = value
            target[:] = [finder for finder in whole if finder not in shared]

    def __delitem__(self, index):
        target = _own_finders()
        list.__delitem__(self, index) if target is None else self.__setitem__(
            index if isinstance(index, slice) else slice(index, index + 1 or None), [])


def _path(view):
    """The list that a method of the view has to work on."""
    space = context.space()
    path = None if space is None else space.path
    return view if path is None else path


def _own_finders():
    space = context.space()
    return None if space is None else space.finders


def _finders(view):
    shared = list(list.__iter__(view))
    space = context.space()
    if space is None or space.finders is None:
        return shared
    added = list(space.finders)
    venv = getattr(space.generation, "venv", None)
    if venv is not None:
        added += venv.finders
    return shared[:1] + added + shared[1:]


def _changing(name):
    method = getattr(list, name)

    def call(self, *args, **named):
        result = method(_path(self), *args, **named)
        space = context.space()
        if space is not None:
            space.owners.clear()  # what was nobody's may be found now
        return result

    call.__name__ = name
    return call


def _reading(name):
    method = getattr(list, name)

    def call(self, *args):
        return method(_path(self), *(list(_path(a)) if isinstance(a, TenantPath) else a for a in args))

    call.__name__ = name
    return call


for _name in ("append", "extend", "insert", "remove", "pop", "clear", "reverse", "sort", "__setitem__", "__delitem__"):
    setattr(TenantPath, _name, _changing(_name))
for _name in ("__iter__", "__len__", "__contains__", "__getitem__", "__reversed__", "__repr__", "__add__", "__mul__",
              "__rmul__", "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "copy", "index", "count"):
    setattr(TenantPath, _name, _reading(_name))


def install(finder):
    sys.path = TenantPath(sys.path)
    sys.meta_path = TenantMetaPath([finder, *sys.meta_path])
