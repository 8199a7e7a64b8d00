"""A list of `sys` that each space sees in its own way.

It stays a list (C code and `isinstance` checks expect that). The list's own storage holds the process's entries; inside a
tenant every method works on the tenant's list instead.
"""


class ListView(list):
    """`_list()` says which list a method looks at, `_to_change()` which one it changes; `_changed()` is called after each change."""

    __slots__ = ()
    __hash__ = None

    def _list(self):
        raise NotImplementedError

    def _to_change(self):
        return self._list()

    def _changed(self):
        pass

    def __iadd__(self, other):
        self.extend(other)
        return self

    def __radd__(self, other):
        return other + list(self._list()) if isinstance(other, list) else NotImplemented

    def __imul__(self, count):
        list.__imul__(self._to_change(), count)
        self._changed()
        return self

    def __reduce_ex__(self, protocol):
        return list, (list(self._list()),)


def _changing(name):
    method = getattr(list, name)

    def call(self, *args, **named):
        result = method(self._to_change(), *args, **named)
        self._changed()
        return result

    call.__name__ = name
    return call


def _reading(name):
    method = getattr(list, name)

    def call(self, *args):
        return method(self._list(), *(list(a._list()) if isinstance(a, ListView) else a for a in args))

    call.__name__ = name
    return call


for _name in ("append", "extend", "insert", "remove", "pop", "clear", "reverse", "sort", "__setitem__", "__delitem__"):
    setattr(ListView, _name, _changing(_name))
for _name in ("__iter__", "__len__", "__contains__", "__getitem__", "__reversed__", "__repr__", "__add__", "__mul__",
              "__rmul__", "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "copy", "index", "count"):
    setattr(ListView, _name, _reading(_name))
